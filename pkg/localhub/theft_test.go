package localhub_test

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

func TestAForeignJobTakesARunnerOfOurs(t *testing.T) {
	faults := &localhub.Faults{StealRunner: func(r localhub.RunnerEntry) bool { return r.Name == "mf-1" }}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		w.hub.Queue(sample, localhub.Job{Name: "ours", Labels: []string{"a"}})
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		synctest.Wait()
		books := w.hub.Books()
		if books.Jobs[0].State != localhub.Queued || len(books.Foreign) != 1 || books.Foreign[0].RunnerName != "mf-1" {
			t.Errorf("got %+v and %+v, want ours queued and the foreign one on mf-1", books.Jobs, books.Foreign)
		}
		<-runner.code
		if got := w.hub.Books(); got.Foreign[0].Conclusion != localhub.Success || got.Unfinished() != 1 || got.Faults["runner_stolen"] != 1 {
			t.Errorf("got %+v, want the foreign job done and ours unfinished", got)
		}
		if diff := cmp.Diff([]string{"queued", "queued", "in_progress", "completed"}, w.actions()); diff != "" {
			t.Errorf("webhooks (-want +got):\n%s", diff)
		}
		labels := payload(t, w.received()[1].body)["workflow_job"].(map[string]any)["labels"]
		if diff := cmp.Diff([]any{"self-hosted"}, labels); diff != "" {
			t.Errorf("labels of the foreign job (-want +got):\n%s", diff)
		}
	})
}

func TestAForeignRunnerTakesAJobOfOurs(t *testing.T) {
	faults := &localhub.Faults{StealJob: func(j localhub.JobEntry) (time.Duration, bool) { return 5 * time.Second, j.Name == "stolen" }}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		for _, name := range []string{"left alone", "stolen"} {
			w.hub.Queue(sample, localhub.Job{Name: name, Labels: []string{"a"}})
		}
		time.Sleep(6 * time.Second)
		books := w.hub.Books()
		job := books.Jobs[1]
		if job.State != localhub.InProgress || len(books.Runners) != 1 || !books.Runners[0].Online || books.Runners[0].Name != job.RunnerName {
			t.Errorf("got %+v and the runners %+v, want it on a runner that is listed", job, books.Runners)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		books = w.hub.Books()
		if books.Jobs[1].Conclusion != localhub.Success || books.Jobs[0].State != localhub.Queued || len(books.Runners) != 0 || books.Faults["job_stolen"] != 1 {
			t.Errorf("got %+v, want one job done by a runner that is gone, and one queued", books)
		}
	})
}

func TestAStoryStealsByName(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Success)
		synctest.Wait()
		if w.hub.StealRunner("mf-2") || !w.hub.StealRunner("mf-1") || w.hub.StealRunner("mf-1") {
			t.Error("want that mf-1 is stolen, once")
		}
		id := w.hub.Queue(sample, localhub.Job{Name: "ours", Labels: []string{"a"}})
		if w.hub.StealJob(7) || !w.hub.StealJob(id) || w.hub.StealJob(id) {
			t.Error("want that the job is stolen, once")
		}
		w.hub.Cancel(id)
		<-runner.code
		time.Sleep(time.Minute)
		if got := w.hub.Books().Jobs[0].Conclusion; got != localhub.Cancelled {
			t.Errorf("a stolen job that was cancelled: got %q, want cancelled", got)
		}
	})
}

func TestRandomFaultsStrikeAsOftenAsTheyAreRatedAndTheSameBySeed(t *testing.T) {
	webhook := []localhub.Fault{localhub.WebhookLost, localhub.WebhookFailed, localhub.WebhookDuplicated, localhub.WebhookDelayed}
	api := []localhub.Fault{
		localhub.APIError, localhub.APIBadGateway, localhub.APIAnswerLost, localhub.APILimited, localhub.APILimitedMute,
		localhub.APITooMany, localhub.APIUsedUp, localhub.APIHung,
	}
	rates := localhub.Rates{
		Chances: map[localhub.Fault]float64{localhub.RunnerStolen: 0.1, localhub.JobStolen: 0.1},
		Delay:   time.Minute, Within: time.Hour, SenderOff: time.Minute, Outage: 2 * time.Minute,
	}
	for _, fault := range slices.Concat(webhook, api) {
		rates.Chances[fault] = 0.1
	}
	strike := func(seed uint64) (fired map[localhub.Fault]int, spans []localhub.Span) {
		faults, fired := localhub.RandomFaults(seed, rates), map[localhub.Fault]int{}
		for range 1000 {
			fired[faults.Answer(localhub.Call{})]++
			switch fates := faults.Deliver(localhub.Webhook{}); {
			case len(fates) == 0:
				fired[localhub.WebhookLost]++
			case len(fates) == 2:
				fired[localhub.WebhookDuplicated]++
			case fates[0].Failed:
				fired[localhub.WebhookFailed]++
			case fates[0].After > 0 && fates[0].After <= time.Minute:
				fired[localhub.WebhookDelayed]++
			}
			if faults.StealRunner(localhub.RunnerEntry{}) {
				fired[localhub.RunnerStolen]++
			}
			if after, steal := faults.StealJob(localhub.JobEntry{}); steal && after <= time.Minute {
				fired[localhub.JobStolen]++
			}
		}
		delete(fired, localhub.NoFault)
		return fired, append(faults.SenderOff, faults.Outages...)
	}
	fired, spans := strike(7)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(rates.Chances)), slices.Sorted(maps.Keys(fired))); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	for fault, count := range fired {
		if count < 50 || count > 150 {
			t.Errorf("%s fired %d times of 1000, want about 100", fault, count)
		}
	}
	for i, length := range []time.Duration{time.Minute, 2 * time.Minute} {
		if got := spans[i]; got.Until-got.From != length || got.From < 0 || got.Until > time.Hour {
			t.Errorf("span: got %v, want %v within an hour", got, length)
		}
	}
	again, _ := strike(7)
	if diff := cmp.Diff(fired, again); diff != "" {
		t.Errorf("the same seed struck differently:\n%s", diff)
	}
	if other, _ := strike(8); cmp.Equal(fired, other) {
		t.Error("another seed struck the same")
	}
}
