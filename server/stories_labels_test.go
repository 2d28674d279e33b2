package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

func TestAJobGetsTheMachineThatItsLabelsAskFor(t *testing.T) {
	for labels, want := range map[string]string{
		"runs-on=1/family=c7a.4xlarge":                        "c7a.4xlarge",
		"runs-on=2,ram=16,family=r7g,runner=2cpu-linux-arm64": "r7g.large",
		"self-hosted runs-on=3 cpu=8 family=m7a":              "m7a.2xlarge",
	} {
		story(t, func(t *testing.T, w *world) {
			w.run()
			w.hub.Queue(repository, localhub.Job{Name: "a job", Labels: strings.Fields(labels)})
			w.settle(time.Minute)
			w.wantSucceeded(1)
			if got := w.only().Offering.Type; got != want {
				t.Errorf("%s: got an instance of type %s, want %s", labels, got, want)
			}
		})
	}
}

func TestASlipOfThePenRunsAndIsTold(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, "mayfly=1/familly=m7a/tag=x")
		w.settle(time.Minute)
		w.wantSucceeded(1)
		want := runner.UnknownKeys(`"familly" (did you mean family?)`)
		if log := w.job(id).Log; len(log) == 0 || log[0].Reason != want {
			t.Errorf("the job's log is %v, want it to begin with %q", log, want)
		}
		if !strings.Contains(w.log.String(), "did you mean family?") {
			t.Error("the server's log does not tell")
		}
	})
}

func TestAJobForAnotherStackIsLeftToIt(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		for _, label := range []string{"mayfly=1/env=staging", "mayfly=1/region=eu-west-1", "mayfly=1/pool=x/env=staging"} {
			w.queueIn(repository, label)
		}
		time.Sleep(time.Hour)
		w.wantLaunched(0)
		if known := w.unfinished(); len(known.Jobs) != 0 {
			t.Errorf("the record has %v", known.Jobs)
		}
		for _, why := range []string{"env=staging, and this one has env=production", "region=eu-west-1, and this one has region=us-east-1"} {
			if !strings.Contains(w.log.String(), why) {
				t.Errorf("the log does not tell that %s", why)
			}
		}
		for _, entry := range w.hub.Books().Jobs {
			w.hub.Cancel(entry.ID)
		}
		time.Sleep(time.Minute)
	})
}

func TestALabelThatAsksForTooMuchIsRefusedAndToldTheSetting(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, "mayfly=1/cpu=64")
		time.Sleep(time.Minute)
		want := runner.NotAllowed("cpu=64", "the stack allows at most 16 vCPUs: ask for less, or have Policy.MaxVCPU raised")
		if job := w.job(id); job.State != runner.JobRefused || job.Reason != want {
			t.Errorf("the job is %s, because %q; want it refused, because %q", job.State, job.Reason, want)
		}
		w.wantLaunched(0)
	}, config(func(c *server.Config) { c.Policy = scheduler.Policy{MaxVCPU: 16} }))
}

func TestATypeThatTheRegionDoesNotHaveIsNotLaunched(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, "mayfly=1/cpu=4/ram=16")
		time.Sleep(time.Minute)
		if job := w.job(id); job.State != runner.JobRefused || job.Reason.Kind != runner.ReasonNoInstanceType {
			t.Errorf("the job is %s, because %q; want it refused for there is no such type", job.State, job.Reason)
		}
		w.wantLaunched(0)
	}, config(func(c *server.Config) {
		c.Types = []catalog.Type{{Name: "m7a.large", Arch: runner.X64, VCPU: 2, MemoryMiB: 8192}}
	}))
}

func TestAServerSaysEverythingThatIsWrongWithWhatLabelsMayChoose(t *testing.T) {
	_, err := server.New(server.Config{
		Env:      "a/b",
		Families: []catalog.Pattern{"m7a", "M8"}, Policy: scheduler.Policy{MaxVCPU: -1, Families: []catalog.Pattern{"?"}},
		NamedImages: scheduler.Images{"Full": {ID: "ami-1", Arch: runner.X64}, "base": {ID: "ami-1", Arch: "x86"}, "none": {Arch: runner.X64}},
	}, server.Seams{})
	for _, want := range []string{"Stack is empty", `Env is "a/b"`, `Families has "M8"`, "Policy.MaxVCPU is -1", `Policy.Families has "?"`, `"Full", which no label`, `"base" with id "ami-1" and architecture "x86"`, `"none" with id ""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want it to have %q", err, want)
		}
	}
}
