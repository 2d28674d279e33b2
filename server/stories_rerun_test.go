package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// The calls that have jobs run again.
const (
	rerunJobRoute    = "POST /repos/{owner}/{repo}/actions/jobs/{id}/rerun"
	rerunFailedRoute = "POST /repos/{owner}/{repo}/actions/runs/{run}/rerun-failed-jobs"
)

// brittle is a label of another class that asks for spot.
const brittle = "mayfly=2/runner=2cpu-linux-x64/spot=true"

// queueRun makes GitHub queue a run of jobs that take ten minutes each, with a label each.
func (w *world) queueRun(labels ...string) (ids []int64) {
	for n, label := range labels {
		ids = append(ids, w.hub.Queue(repository, localhub.Job{
			Name: fmt.Sprint("job ", n+1), Workflow: "CI", RunID: 1, Labels: []string{label}, Steps: []localhub.Step{{Run: "sleep 10m"}},
		}))
	}
	return ids
}

// interrupt has EC2 take back the instances on which jobs run.
func (w *world) interrupt(jobs ...int64) {
	w.t.Helper()
	for _, job := range jobs {
		instance, _ := runner.InstanceOf(stack, w.entry(job).RunnerName)
		if !w.cloud.Interrupt(instance) {
			w.t.Fatalf("instance %q of job %d cannot be taken back", instance, job)
		}
	}
}

// tries are what became of the jobs of a name: the attempt of the run, what it ran on, how it ended.
func (w *world) tries(name string) (all []string) {
	w.t.Helper()
	for _, entry := range w.hub.Books().Jobs {
		if entry.Name == name && entry.Conclusion != localhub.Skipped {
			all = append(all, fmt.Sprint(entry.RunAttempt, " ", w.instanceOf(entry.RunnerName).Offering.Capacity, " ", entry.Conclusion))
		}
	}
	return all
}

// wantTries wants a job to have been tried so often.
func (w *world) wantTries(name string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.tries(name)); diff != "" {
		w.t.Errorf("tries of %s (-want +got):\n%s", name, diff)
	}
}

// wantReruns wants GitHub to have been asked so often to run one job again, and all that failed.
func (w *world) wantReruns(alone, failed int) {
	w.t.Helper()
	if calls := w.hub.Books().Calls; calls[rerunJobRoute] != alone || calls[rerunFailedRoute] != failed {
		w.t.Errorf("%d calls to run one job again and %d for all that failed, want %d and %d", calls[rerunJobRoute], calls[rerunFailedRoute], alone, failed)
	}
}

// The agent ends the job before EC2 does; the other job keeps the run going for 20 minutes. All in 35.
func TestAnInterruptedJobRunsAgainOnDemandOnceItsRunHasEnded(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		doomed := w.queueRun(large)[0]
		w.hub.Queue(repository, localhub.Job{
			Name: "slow", Workflow: "CI", RunID: 1, Labels: []string{small}, Steps: []localhub.Step{{Run: "sleep 20m"}},
		})
		time.Sleep(20 * time.Second)
		w.interrupt(doomed)
		before := w.hub.Books().Calls[runRoute]
		time.Sleep(15 * time.Minute)
		if reason := w.job(doomed).Reason; reason != runner.AwaitsRerun() {
			t.Errorf("while the run goes on the job is told %q", reason)
		}
		if looks := w.hub.Books().Calls[runRoute] - before; looks != 0 {
			t.Errorf("GitHub was asked %d times after a run of which we know that a job is at work", looks)
		}
		w.settle(20 * time.Minute)
		w.wantTries("job 1", "1 spot failure", "2 on-demand success")
		w.wantTries("slow", "1 on-demand success")
		w.wantReruns(1, 0)
		w.wantLaunched(3)
		if got := w.job(doomed); got.Reason != runner.RunsAgain() || got.State != runner.JobCompleted {
			t.Errorf("the job is %s, and told %q", got.State, got.Reason)
		}
		again := w.hub.Books().Jobs[2].ID
		if told := w.job(again).Log[0].Reason.String(); told != "launching an instance for it (4cpu-linux-arm64 on-demand, attempt 1 of 5): on demand, for its last try was interrupted" {
			t.Errorf("the next try was told %q", told)
		}
		line := auditOf(w.log.String())[fmt.Sprintf("rerun/1/job/%d/rerun", doomed)]
		if line.Event != server.AuditRerun || line.Kind != runner.ReasonRerun || line.Job != doomed || line.Run != 1 {
			t.Errorf("the audit says %+v", line)
		}
	})
}

// GitHub misses its runner ten minutes after the instance's end.
func TestAJobWhoseAgentIsDeadRunsAgain(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.deaf = true
		doomed := w.queueRun(large)[0]
		time.Sleep(20 * time.Second)
		w.interrupt(doomed)
		w.settle(26 * time.Minute)
		w.wantTries("job 1", "1 spot failure", "2 on-demand success")
		w.wantReruns(1, 0)
	})
}

func TestAnInterruptionOfWhichOnlyTheAgentTellsIsOneAllTheSame(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.lost = "EC2 Spot Instance Interruption Warning"
		doomed := w.queueRun(large)[0]
		time.Sleep(20 * time.Second)
		w.interrupt(doomed)
		w.settle(16 * time.Minute)
		w.wantTries("job 1", "1 spot failure", "2 on-demand success")
		w.wantReruns(1, 0)
	})
}

func TestJobsOfARunThatWereAllInterruptedRunAgainTogether(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		doomed := w.queueRun(large, brittle, small)[:2]
		time.Sleep(20 * time.Second)
		w.interrupt(doomed...)
		w.settle(30 * time.Minute)
		w.wantTries("job 1", "1 spot failure", "2 on-demand success")
		w.wantTries("job 2", "1 spot failure", "2 on-demand success")
		w.wantTries("job 3", "1 on-demand success")
		w.wantReruns(0, 1)
	})
}

// What needs an interrupted job runs once that has ended well, and may be interrupted, too.
func TestWhatNeedsAnInterruptedJobRunsAfterItAndMayItselfBeInterrupted(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		first := w.queueRun(large)[0]
		w.hub.Queue(repository, localhub.Job{
			Name: "last", Workflow: "CI", RunID: 1, Labels: []string{brittle}, Needs: []int64{first}, Steps: []localhub.Step{{Run: "sleep 10m"}},
		})
		time.Sleep(20 * time.Second)
		w.interrupt(first)
		time.Sleep(16 * time.Minute)
		jobs := w.hub.Books().Jobs
		w.interrupt(jobs[len(jobs)-1].ID)
		w.settle(30 * time.Minute)
		w.wantTries("job 1", "1 spot failure", "2 on-demand success")
		w.wantTries("last", "2 spot failure", "3 on-demand success")
		w.wantReruns(2, 0)
	})
}

func TestAnInterruptedJobDoesNotRunAgainIf(t *testing.T) {
	const others = "other jobs of its run failed or were cancelled, too, and were not interrupted"
	queue := func(w *world, name, label string, change func(*localhub.Job)) int64 {
		job := localhub.Job{Name: name, Workflow: "CI", RunID: 1, Labels: []string{label}, Steps: []localhub.Step{{Run: "sleep 10m"}}}
		if change != nil {
			change(&job)
		}
		return w.hub.Queue(repository, job)
	}
	fails := func(job *localhub.Job) { job.Steps = []localhub.Step{{Run: "exit 1"}} }
	for name, test := range map[string]struct {
		label string
		job   func(*localhub.Job)
		other func(w *world)           // job of its run
		later func(w *world, id int64) // once it has failed
		want  string
	}{
		"its label says so":            {label: large + "/retry=false", want: "its label says so (retry=false, or spot=false)"},
		"it deploys":                   {job: func(job *localhub.Job) { job.Deploys = true }, want: "it deploys to an environment"},
		"another job failed by itself": {other: func(w *world) { queue(w, "other", small, fails) }, want: others},
		"another job was cancelled":    {other: func(w *world) { w.hub.Cancel(queue(w, "other", small, nil)) }, want: others},
		"somebody ran it again":        {later: func(w *world, id int64) { w.hub.Rerun(id) }, want: "somebody ran its run again"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, w *world) {
				w.run()
				if test.label == "" {
					test.label = large
				}
				id := queue(w, "doomed", test.label, test.job)
				if test.other != nil {
					test.other(w)
				}
				time.Sleep(30 * time.Second)
				w.interrupt(id)
				for changed := w.hub.Changed(); w.entry(id).State != localhub.Completed; changed = w.hub.Changed() {
					<-changed
				}
				if test.later != nil {
					test.later(w, id)
				}
				w.settle(25 * time.Minute)
				if got := w.job(id).Reason; got != runner.NotRerun(test.want) {
					t.Errorf("the job is told %q", got)
				}
				w.wantReruns(0, 0)
			})
		})
	}
}

// A person who cancels a job that is being cut short does not get it back.
func TestAnInterruptedJobThatIsCancelledIsLeftAlone(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueRun(large)[0]
		time.Sleep(20 * time.Second)
		w.interrupt(id)
		time.Sleep(time.Minute)
		w.hub.Cancel(id)
		w.settle(25 * time.Minute)
		if got := w.job(id).Reason; got != runner.NotRerun("it ended as cancelled") {
			t.Errorf("the job is told %q", got)
		}
		w.wantReruns(0, 0)
	})
}

// An hour after the other, for a day: somebody may grant the permission.
func TestAnAppThatMayNotRunJobsAgainSaysSoAndTriesRarely(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueRun(large)[0]
		time.Sleep(20 * time.Second)
		w.interrupt(id)
		time.Sleep(15 * time.Minute)
		if got := w.job(id).Reason.String(); !strings.Contains(got, "actions: write") {
			t.Errorf("the job is told %q, want that the permission is missing", got)
		}
		before := w.hub.Books().Calls[runRoute]
		time.Sleep(5 * time.Hour)
		if looks := w.hub.Books().Calls[runRoute] - before; looks < 4 || looks > 6 {
			t.Errorf("the run was looked at %d times in five hours, want about once an hour", looks)
		}
		w.settle(25 * time.Hour)
		w.wantTries("job 1", "1 spot failure")
		w.wantReruns(0, 0)
	}, option{hub: func(c *localhub.Config) { c.OnlyReads = true }})
}

// GitHub did it, and its answer is lost; or it did not, and fails for a while.
func TestAJobRunsAgainOnceWhateverGitHubAnswers(t *testing.T) {
	for _, fault := range []localhub.Fault{
		localhub.APIAnswerLost, localhub.APIError, localhub.APIBadGateway, localhub.APILimited, localhub.APILimitedMute, localhub.APIUsedUp, localhub.APIHung,
	} {
		t.Run(string(fault), func(t *testing.T) {
			struck := false
			story(t, func(_ *testing.T, w *world) {
				w.run()
				id := w.queueRun(large)[0]
				time.Sleep(20 * time.Second)
				w.interrupt(id)
				w.settle(45 * time.Minute)
				w.wantTries("job 1", "1 spot failure", "2 on-demand success")
			}, hubFaults(localhub.Faults{Answer: func(call localhub.Call) localhub.Fault {
				if call.Route != rerunJobRoute || struck {
					return localhub.NoFault
				}
				struck = true
				return fault
			}}), patient(5*time.Minute))
		})
	}
}

// The server dies before or after every effect that there is from the failure of the job on.
func TestACrashBeforeOrAfterAnyEffectRunsAnInterruptedJobAgainOnce(t *testing.T) {
	for at := 1; ; at++ {
		died := false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("effect %d, after it: %v", at, after), func(t *testing.T) {
				story(t, func(_ *testing.T, w *world) {
					stop := w.run()
					id := w.queueRun(large)[0]
					time.Sleep(20 * time.Second)
					w.interrupt(id)
					time.Sleep(11 * time.Minute)
					stop()
					for w.entry(id).State != localhub.Completed {
						time.Sleep(10 * time.Second)
					}
					f := newFence(at, after)
					doomed := w.another("doomed", func(seams *server.Seams) { *seams = f.around(*seams) })
					end := w.inBackground(func(ctx context.Context) { doomed.Run(ctx) })
					select {
					case <-f.dead:
						died = true
					case <-time.After(20 * time.Second): // by then GitHub was asked
					}
					end()
					w.run()
					w.settle(40 * time.Minute)
					w.wantTries("job 1", "1 spot failure", "2 on-demand success")
				})
			})
		}
		if !died {
			break
		}
	}
}

// The one effect that could be doubled, by itself.
func TestAServerThatDiesOfTheRerunItselfRunsTheJobAgainOnce(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after it: %v", after), func(t *testing.T) {
			story(t, func(_ *testing.T, w *world) {
				f := newFence(1, after)
				f.name = "rerun job"
				doomed := w.another("doomed", func(seams *server.Seams) { *seams = f.around(*seams) })
				w.runServer(doomed)
				id := w.queueRun(large)[0]
				time.Sleep(20 * time.Second)
				w.interrupt(id)
				<-f.dead
				w.run()
				w.settle(40 * time.Minute)
				w.wantTries("job 1", "1 spot failure", "2 on-demand success")
				w.wantReruns(1, 0)
			})
		})
	}
}
