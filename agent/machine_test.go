package agent_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// told are the groups that the job's log is told, by their titles.
func (w *world) told(t *testing.T) map[string]string {
	t.Helper()
	var groups []struct{ Group, Detail string }
	if err := json.Unmarshal([]byte(w.read(t, "/opt/runner/.setup_info")), &groups); err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, group := range groups {
		told[group.Group] = group.Detail
	}
	return told
}

func TestTheJobsLogTellsOfItsMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		var atStart, atJob map[string]string
		w.start = func(_ context.Context, command run.Command) (int, error) {
			atStart = w.told(t)
			time.Sleep(time.Second)
			say(command.Out, "Listening for Jobs")
			atJob = w.told(t)
			say(command.Out, "Running job: build")
			return 0, nil
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got := atStart["Timings"]; !strings.HasSuffix(got, "runner started\n") {
			t.Errorf("when the runner starts, timings: got\n%swant the runner's start as the last", got)
		}
		if got := atJob["Timings"]; !strings.Contains(got, "kernel started\n") || !strings.HasSuffix(got, "+1.00 s  listening\n") {
			t.Errorf("when the job starts, timings: got\n%swant the kernel's start, and that it listened a second after the runner started", got)
		}
		delete(atJob, "Timings")
		want := map[string]string{
			"Runner instance": "Instance: " + w.Instance + "\nType: m7a.large\nZone: us-east-1a\nRunner: " + runner.Name("ci", w.Instance, 1) + "\n",
			"Image":           "System: Ubuntu 24.04.1 LTS\nKernel: 6.8.0-1021-aws\nProfile: compat\n",
		}
		if diff := cmp.Diff(want, atJob); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAMachineHasADeadlineThatNeedsNoAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got, want := w.read(t, "/run/mayfly/deadline"), "3900\n"; got != want {
			t.Errorf("got %q, want %q: the max runtime of an hour, and 5 min", got, want)
		}
	})
}

func TestWithNoDeadlineThereIsNoJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.file(t, "/run", "no directory")
		w.mustFail(t, "set the machine's deadline")
		w.mustEndUnstarted(t)
	})
}

func TestAJobRunsThoughItsLogIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.file(t, "/opt/runner/.setup_info/x", "in the way")
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(w.log.String(), "the job's log does not tell of this machine") {
			t.Errorf("the agent's log does not tell:\n%s", &w.log)
		}
	})
}

func TestOnAnInstanceTheUserDataHasAProfile(t *testing.T) {
	bare := orders
	bare.Profile = assignment.Bare
	body, err := assignment.EncodeUserData(bare)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, body)
		w.assign(t)
		w.mustFail(t, "profile is empty")
		w.mustEndUnstarted(t)
		if got := w.count("s3 GET"); got != 0 {
			t.Errorf("the assignment was read %d times, want never", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, body)
		w.endpoint, w.root = "http://127.0.0.1:80", t.TempDir()
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if left := files(w.root); len(left) > 0 {
			t.Errorf("where there is none, nothing of the machine is touched: got %q", left)
		}
		if got := w.lastReport(t).Timings[1].Step; got != runner.StepAgentStarted {
			t.Errorf("the second step: got %q, want %q: the machine's boot is not the instance's", got, runner.StepAgentStarted)
		}
	})
}

// The file that tells of userspace has a time of the machine's clock, so this is not in a bubble.
func TestTheWaterfallIsWhole(t *testing.T) {
	site := newSite(t, 1, "", func(u *assignment.UserData) { u.Profile, u.RunnerCommand = assignment.Compat, orders.RunnerCommand })
	id, process := site.instance(t)
	w := &world{root: t.TempDir()}
	w.image(t)
	w.file(t, "/proc/uptime", "0.50 1.00\n")
	w.file(t, "/run/systemd/system/x", "")
	_, endpoint, _ := strings.Cut(process.Env[len(process.Env)-1], "=")
	err := agent.Run(t.Context(), agent.Config{
		Root: w.root, Endpoint: endpoint, PowerOff: func(context.Context, []string) error { return nil },
		Start: func(_ context.Context, command run.Command) (int, error) {
			say(command.Out, "Listening for Jobs")
			say(command.Out, "Running job: build")
			return 0, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := site.server.Get(t.Context(), runner.ReportKey(roleID, id, 3))
	if err != nil {
		t.Fatal(err)
	}
	last, err := assignment.DecodeReport(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{
		runner.StepInstanceLaunched, runner.StepKernelStarted, runner.StepUserspaceStarted, runner.StepAgentStarted,
		runner.StepAssignmentRead, runner.StepRunnerStarted, runner.StepListening, runner.StepJobStarted,
	} {
		if runner.TimeOf(step, last.Timings).IsZero() {
			t.Errorf("%q is missing in %+v", step, last.Timings)
		}
	}
	if !runner.TimeOf(runner.StepUserspaceStarted, last.Timings).Before(runner.TimeOf(runner.StepAgentStarted, last.Timings)) {
		t.Errorf("got %+v, want userspace before the agent", last.Timings)
	}
}
