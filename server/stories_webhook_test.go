package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// S01: within a minute, with one launch.
func TestAWebhookDeliveredManyTimesIsOneLaunch(t *testing.T) {
	many := deliver(func(localhub.Webhook) ([]localhub.Fate, bool) {
		fates := []localhub.Fate{{}, {}, {}}
		for n := range 20 {
			fates = append(fates, localhub.Fate{After: time.Duration(n) * 2 * time.Second})
		}
		return fates, true
	})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small)
		w.settle(2 * time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	}, many)
}

// S02: queued, waiting, queued are three deliveries about one job. Within a minute of its approval.
func TestAJobThatWaitsForALittleIsOneLaunch(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(3 * time.Second)
		w.hub.Hold(id)
		time.Sleep(3 * time.Second)
		w.hub.Approve(id)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	})
}

// A runner that nobody needs goes within two minutes; the job is served within one of its approval.
func TestAJobThatWaitsForAnHourKeepsNoRunnerAndGetsOneOnceItIsApproved(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(3 * time.Second)
		w.hub.Hold(id)
		time.Sleep(2 * time.Minute)
		if left := w.cloud.Books().Left; left != 0 {
			t.Errorf("%d instances wait with the job after 2 min", left)
		}
		time.Sleep(time.Hour)
		w.hub.Approve(id)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(2)
	})
}

// What comes last may be old: GitHub is asked. Within five minutes.
func TestWaitingAndQueuedMayComeInAnyOrder(t *testing.T) {
	for _, order := range permutations(3) {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			sent := 0
			late := deliver(func(webhook localhub.Webhook) ([]localhub.Fate, bool) {
				if webhook.Action != localhub.Queued && webhook.Action != localhub.Waiting {
					return nil, false
				}
				sent++
				return []localhub.Fate{{After: time.Duration(1+order[sent-1]) * 10 * time.Second}}, true
			})
			story(t, func(_ *testing.T, w *world) {
				w.run()
				id := w.queueIn(repository, small)
				w.hub.Hold(id)
				w.hub.Approve(id)
				w.settle(5 * time.Minute)
				w.wantSucceeded(1)
			}, late)
		})
	}
}

// S03: a job that ended before it was heard of gets no runner. Within three minutes.
func TestAJobThatIsHeardOfBackwardsGetsNoRunner(t *testing.T) {
	backwards := deliver(func(webhook localhub.Webhook) ([]localhub.Fate, bool) {
		after := map[string]time.Duration{"queued": 90 * time.Second, "in_progress": 60 * time.Second, "completed": 0}
		return []localhub.Fate{{After: after[webhook.Action]}}, true
	})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		time.Sleep(5 * time.Second) // after the first sweep
		id := w.queueIn(repository, small)
		w.hub.StealJob(id)
		time.Sleep(2 * time.Minute)
		w.settle(time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(0)
	}, backwards)
}

// S03: its runner was another job's, which gets one of its own. Within two minutes.
func TestAJobThatRunsBeforeItIsHeardOfIsOneLaunchLess(t *testing.T) {
	late := 0
	lateFirst := deliver(func(webhook localhub.Webhook) ([]localhub.Fate, bool) {
		if late++; webhook.Action == localhub.Queued && late == 1 {
			return []localhub.Fate{{After: 40 * time.Second}}, true
		}
		return nil, false
	})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(2, small) // the runner of the second takes either
		w.settle(2 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2)
	}, lateFirst)
}

// S04: jobs are found by reading them: within five minutes of a quiet repository's last reading. Its
// end is found in the same way, so that one launch may be made too many.
func TestAJobWhoseWebhooksAreAllLostIsServed(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		time.Sleep(10 * time.Second)
		w.queueJobs(1, small)
		w.settle(9 * time.Minute)
		w.wantSucceeded(1)
		if got := w.cloud.Books().Launched; got > 2 {
			t.Errorf("%d instances were launched for one job", got)
		}
	}, losing("queued", "in_progress", "completed"))
}

// S04: within a minute of what the reading of its repository takes.
func TestALostQueuedIsFound(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		time.Sleep(10 * time.Second)
		w.queueJobs(3, small)
		w.settle(7 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, losing("queued"))
}

// The agent's report tells that some job was taken, and GitHub which, once it is asked.
func TestALostInProgressStartsNoSecondRunner(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 10m"})
		time.Sleep(3 * time.Minute)
		if job := w.job(w.hub.Books().Jobs[0].ID); job.State != runner.JobRunning {
			t.Errorf("after 3 min the job is %q, want running", job.State)
		}
		w.settle(9 * time.Minute)
		w.wantSucceeded(1)
		w.wantLaunched(1)
	}, losing("in_progress"))
}

// GitHub is asked about a job whose runner has ended. Within three minutes.
func TestALostCompletedIsFound(t *testing.T) {
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		w.settle(3 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, losing("completed"))
}

// The list of deliveries is looked at every five minutes; jobs that are read may be found before.
func TestADeliveryThatFailedIsAskedForAgain(t *testing.T) {
	again := 0
	fails := deliver(func(webhook localhub.Webhook) ([]localhub.Fate, bool) {
		if webhook.Redelivery {
			again++
		}
		return []localhub.Fate{{Failed: true}}, !webhook.Redelivery && webhook.Action == localhub.Queued
	})
	story(t, func(_ *testing.T, w *world) {
		w.run()
		time.Sleep(10 * time.Second)
		w.queueJobs(2, small)
		w.settle(7 * time.Minute)
		w.wantSucceeded(2)
		w.wantLaunched(2)
	}, fails)
	if again != 2 {
		t.Errorf("%d webhooks were delivered again, want 2", again)
	}
}

// Ten minutes for two rounds of jobs.
func TestWithTheWebhookSenderOffAllJobsComplete(t *testing.T) {
	off := hubFaults(localhub.Faults{SenderOff: []localhub.Span{{Until: 100 * time.Hour}}})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(4, small)
		time.Sleep(4 * time.Minute)
		w.queueJobs(4, large)
		w.settle(10 * time.Minute)
		w.wantSucceeded(8)
		if got := w.cloud.Books().Launched; got > 16 {
			t.Errorf("%d instances were launched for 8 jobs", got)
		}
	}, off)
}

// S05: the installation is found by the repository. Within a minute, as if nothing were wrong.
func TestAWrongInstallationIsNoHindrance(t *testing.T) {
	wrong := seams(func(seams *server.Seams) { seams.Queue = misled{seams.Queue} })
	story(t, func(_ *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		w.settle(time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, wrong)
}

// misled is a queue whose jobs are said to have come through an installation that is not there.
type misled struct{ server.Queue }

func (q misled) Send(ctx context.Context, body []byte) error {
	var event runner.Event
	if err := json.Unmarshal(body, &event); err == nil && event.Job != nil {
		event.Job.Installation = 404
		if body, err = json.Marshal(event); err != nil {
			return err
		}
	}
	return q.Queue.Send(ctx, body)
}

// A webhook that says of a job that it waits, and is a day late, launches nothing by itself: GitHub is
// asked by the next sweep, a minute later, and knows the truth.
func TestANewsOfADayAgoIsAskedAbout(t *testing.T) {
	late := seams(func(seams *server.Seams) { seams.Queue = late{seams.Queue} })
	story(t, func(t *testing.T, w *world) {
		w.run()
		time.Sleep(10 * time.Second) // the first sweep reads everything
		w.queueJobs(3, small)
		time.Sleep(30 * time.Second)
		if got := w.cloud.Books().Launched; got != 0 {
			t.Errorf("%d instances were launched before GitHub was asked, want none", got)
		}
		w.settle(3 * time.Minute)
		w.wantSucceeded(3)
		w.wantLaunched(3)
	}, late)
}

// late is a queue whose jobs are said to have been queued the day before yesterday.
type late struct{ server.Queue }

func (q late) Send(ctx context.Context, body []byte) error {
	var event runner.Event
	if err := json.Unmarshal(body, &event); err == nil && event.Job != nil && event.Job.Action == "queued" {
		event.Job.Old, event.Job.CreatedAt = true, event.Job.CreatedAt.Add(-36*time.Hour)
		if body, err = json.Marshal(event); err != nil {
			return err
		}
	}
	return q.Queue.Send(ctx, body)
}
