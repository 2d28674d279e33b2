package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const (
	instanceA = "i-0123456789abcdef0"
	instanceB = "i-0123456789abcdef1"
)

// books are those of three jobs: one succeeded, one failed, one is lost.
func books() (localhub.Books, localcloud.Books) {
	job := func(name, instance, state, conclusion, log string, queued time.Duration) localhub.JobEntry {
		entry := localhub.JobEntry{
			Name: name, Labels: []string{"mayfly=1/runner=2cpu-linux-x64/spot=false"}, State: state, Conclusion: conclusion,
			Created: noon, Log: log,
		}
		if instance != "" {
			entry.Started, entry.RunnerName = noon.Add(queued), runner.Name(stack, instance, 1)
		}
		return entry
	}
	return localhub.Books{
			TotalCalls: 5,
			Jobs: []localhub.JobEntry{
				job("check (x64, 1)", instanceA, localhub.Completed, localhub.Success, "fine\n", 731*time.Millisecond),
				job("check (x64, 2)", instanceB, localhub.Completed, localhub.Failure, "not fine\n", 1500*time.Millisecond),
				job("check (x64, 3)", "", localhub.Queued, "", "", 0),
			},
		}, localcloud.Books{
			Launched: 3, Left: 1, Calls: map[string]int{localcloud.CreateFleet: 2, localcloud.TerminateInstances: 1},
		}
}

func result() Result {
	hub, cloud := books()
	return newResult(hub, cloud, map[string]runner.Offering{instanceA: {Type: "m7a.large"}, instanceB: {Type: "c7i-flex.large"}}, 2*time.Second)
}

func TestTheTotalsAreThoseOfTheBooks(t *testing.T) {
	got, err := json.Marshal(result().Totals)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"jobs":3,"completed":2,"succeeded":1,"lost":1,"instances_launched":3,"instances_left":1,` +
		`"ec2_calls":3,"github_calls":5,"queue_seconds":{"p50":0.731,"p99":1.5}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

func TestAJobThatRanAgainIsOneJobWithTwoRows(t *testing.T) {
	hub, cloud := books()
	hub.Jobs[1].Replaced = true
	again := hub.Jobs[1]
	again.Replaced, again.RunAttempt, again.Conclusion = false, 2, localhub.Success
	hub.Jobs, hub.Reruns = append(hub.Jobs, again), []localhub.Rerun{{Name: again.Name}}
	got := newResult(hub, cloud, map[string]runner.Offering{instanceB: {Capacity: runner.Spot}}, time.Second)
	if shape := got.Rows[3].Shape; shape != "2cpu-linux-x64 spot" {
		t.Errorf("the shape is %s, want that of the instance", shape)
	}
	if got.Jobs != 3 || got.Succeeded != 2 || got.Completed != 2 || got.Reran != 1 || got.Lost != 1 {
		t.Errorf("got %+v, want two of three jobs succeeded, one of them run again", got.Totals)
	}
	rows := []string{got.Rows[1].Job + ": " + got.Rows[1].Result, got.Rows[3].Job + ": " + got.Rows[3].Result}
	if diff := cmp.Diff([]string{"check (x64, 2): failure, run again", "check (x64, 2), attempt 2: success"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if text := summary(got); !strings.Contains(text, "2 succeeded, 0 failed, 1 run again, 1 lost") {
		t.Errorf("the summary is %q", text)
	}
}

func TestFaultsAreOneMoreKeyOfTheTotals(t *testing.T) {
	hub, cloud := books()
	hub.Faults, cloud.Faults = map[string]int{"webhook_lost": 2}, map[string]int{"killed": 1}
	totals := result().Totals
	for what, test := range map[string]struct {
		fired map[string]int
		want  string
	}{
		"some":  {faultsOf(hub, cloud), `,"faults":{"killed":1,"webhook_lost":2}}`},
		"none":  {map[string]int{}, `,"faults":{}}`},
		"never": {nil, `,"queue_seconds":{"p50":0.731,"p99":1.5}}`},
	} {
		totals.Faults = test.fired
		if got, err := json.Marshal(totals); err != nil || !strings.HasSuffix(string(got), test.want) {
			t.Errorf("%s: got %s (%v), want %s at its end", what, got, err, test.want)
		}
	}
}

func TestOnlyAllIsGood(t *testing.T) {
	all := Totals{Jobs: 2, Completed: 2, Succeeded: 2}
	fired := map[string]int{}
	for what, test := range map[string]struct {
		change func(*Totals)
		want   bool
	}{
		"all succeeded":       {func(*Totals) {}, true},
		"one failed":          {func(r *Totals) { r.Succeeded = 1 }, false},
		"one is lost":         {func(r *Totals) { r.Lost = 1 }, false},
		"an instance is left": {func(r *Totals) { r.InstancesLeft = 1 }, false},

		"one was skipped":                 {func(r *Totals) { r.Succeeded, r.Skipped = 1, 1 }, true},
		"one was skipped, and one failed": {func(r *Totals) { r.Jobs, r.Completed, r.Succeeded, r.Skipped = 3, 3, 1, 1 }, false},

		"one was cut short by a fault":  {func(r *Totals) { r.Faults, r.Succeeded = fired, 1 }, true},
		"faults, and one not completed": {func(r *Totals) { r.Faults, r.Completed = fired, 1 }, false},
		"faults, and one is lost":       {func(r *Totals) { r.Faults, r.Lost = fired, 1 }, false},
		"faults, and one is left":       {func(r *Totals) { r.Faults, r.InstancesLeft = fired, 1 }, false},
	} {
		r := Result{Totals: all}
		test.change(&r.Totals)
		if got := r.good(); got != test.want {
			t.Errorf("%s: got good %v, want %v", what, got, test.want)
		}
	}
}

func TestAPercentileIsOneOfTheValues(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[99-i] = time.Duration(i+1) * time.Second
	}
	for what, test := range map[string]struct {
		of   []time.Duration
		p    int
		want float64
	}{
		"none":          {nil, 50, 0},
		"one":           {[]time.Duration{1234567 * time.Microsecond}, 99, 1.235},
		"median of two": {[]time.Duration{2 * time.Second, time.Second}, 50, 1},
		"p99 of two":    {[]time.Duration{2 * time.Second, time.Second}, 99, 2},
		"p50 of 100":    {hundred, 50, 50},
		"p99 of 100":    {hundred, 99, 99},
	} {
		if got := percentile(test.of, test.p); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}

func TestWhatIsLeftUndoneIsSaid(t *testing.T) {
	if got, want := result().undone(), "1 of 3 jobs not completed; 1 instance ended early."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (Result{}).undone(), "nothing had begun."; got != want {
		t.Errorf("before the first job: got %q, want %q", got, want)
	}
}
