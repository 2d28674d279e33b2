// Package instancetest is what every EC2 has to keep that a server works with, as a test suite.
package instancetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Fleet is what the suite is about. Implemented by instance.Fleet and localcloud.Cloud.
type Fleet interface {
	Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error)
	Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error)
	Terminate(ctx context.Context, instances []string) error
}

// World is an EC2 with room for all that the suite launches, and with no instance of the stack.
type World struct {
	Fleet    Fleet
	Request  func(launch string, count int, capacity runner.CapacityType) runner.LaunchRequest
	Stranger func(t *testing.T) (instance string) // launches an instance of another stack
}

// Contract runs the suite; open gives a world for each part of it.
func Contract(t *testing.T, open func(t *testing.T) World) {
	t.Helper()
	parts := map[string]func(*testing.T, World){
		"a launch gives what was asked for":              launched,
		"what was launched is seen":                      seen,
		"only what is asked for is described":            asked,
		"another stack's instances are not seen":         strangers,
		"what is ended is seen to end":                   ended,
		"one unknown instance refuses the whole call":    refusedForOne,
		"a launch that cannot be is a refused one":       impossible,
		"spot and on-demand instances are told apart":    markets,
		"an instance that is not there is no error":      absent,
		"a context that has ended is an error of a call": givenUp,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

func (w World) launch(t *testing.T, request runner.LaunchRequest) []runner.Instance {
	t.Helper()
	result, err := w.Fleet.Launch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if result.Fleet == "" || len(result.Instances) != request.Count || len(result.Errors) != 0 {
		t.Fatalf("launch %s: got %+v, want a fleet of %d instances and no errors", request.Launch, result, request.Count)
	}
	return result.Instances
}

func (w World) describe(t *testing.T, query runner.Query) []runner.Seen {
	t.Helper()
	seen, err := w.Fleet.Describe(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func launched(t *testing.T, w World) {
	request := w.Request("a", 3, runner.OnDemand)
	known := map[string]bool{}
	for _, instance := range w.launch(t, request) {
		known[instance.ID] = true
		if !slices.Contains(request.Offerings, instance.Offering) {
			t.Errorf("instance %s: got offering %s, want one of %v", instance.ID, instance.Offering, request.Offerings)
		}
	}
	if len(known) != request.Count {
		t.Errorf("ids: got %v, want %d of them", known, request.Count)
	}
}

func seen(t *testing.T, w World) {
	instances := w.launch(t, w.Request("a", 2, runner.OnDemand))
	told := map[string]runner.Instance{}
	for _, one := range w.describe(t, runner.Query{}) {
		told[one.Instance.ID] = one.Instance
		if one.Launch != "a" || one.LaunchedAt.IsZero() || one.State != "pending" && one.State != "running" {
			t.Errorf("seen: got %+v, want launch a, its time, and that it is pending or running", one)
		}
	}
	want := map[string]runner.Instance{instances[0].ID: instances[0], instances[1].ID: instances[1]}
	if diff := gocmp.Diff(want, told); diff != "" {
		t.Errorf("seen, want - got +:\n%s", diff)
	}
}

func asked(t *testing.T, w World) {
	first, second := w.launch(t, w.Request("a", 1, runner.OnDemand))[0].ID, w.launch(t, w.Request("b", 1, runner.OnDemand))[0].ID
	for name, test := range map[string]struct {
		query runner.Query
		want  []string
	}{
		"all, the oldest first":     {runner.Query{}, []string{first, second}},
		"of a launch":               {runner.Query{Launch: "b"}, []string{second}},
		"by id":                     {runner.Query{Instances: []string{first}}, []string{first}},
		"by id, in whatever order":  {runner.Query{Instances: []string{second, first, second}}, []string{first, second}},
		"by id and launch":          {runner.Query{Launch: "a", Instances: []string{first, second}}, []string{first}},
		"of a launch that was none": {runner.Query{Launch: "c"}, nil},
	} {
		checkIDs(t, name, w.describe(t, test.query), test.want)
	}
}

func strangers(t *testing.T, w World) {
	stranger, own := w.Stranger(t), w.launch(t, w.Request("a", 1, runner.OnDemand))[0].ID
	checkIDs(t, "all", w.describe(t, runner.Query{}), []string{own})
	checkIDs(t, "by id", w.describe(t, runner.Query{Instances: []string{stranger, own}}), []string{own})
}

func ended(t *testing.T, w World) {
	instances := w.launch(t, w.Request("a", 2, runner.OnDemand))
	for range 2 { // the second time they are ending already
		if err := w.Fleet.Terminate(t.Context(), []string{instances[0].ID, instances[1].ID}); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range w.describe(t, runner.Query{Launch: "a"}) {
		if one.State != "shutting-down" && one.State != "terminated" {
			t.Errorf("%s: got %s, want it to be shutting down or terminated", one.Instance.ID, one.State)
		}
	}
}

// unknown is an id that EC2 never gave.
const unknown = "i-0123456789abcdef0"

func refusedForOne(t *testing.T, w World) {
	instance := w.launch(t, w.Request("a", 1, runner.OnDemand))[0].ID
	if err := w.Fleet.Terminate(t.Context(), []string{instance, unknown}); !errors.Is(err, runner.ErrOneRefused) {
		t.Errorf("terminate: got %v, want one refused", err)
	}
	for _, one := range w.describe(t, runner.Query{}) {
		if one.State != "pending" && one.State != "running" {
			t.Errorf("%s: got %s, want it to be left alone", one.Instance.ID, one.State)
		}
	}
}

func impossible(t *testing.T, w World) {
	for name, change := range map[string]func(*runner.LaunchRequest){
		"no instances": func(r *runner.LaunchRequest) { r.Count = 0 },
		"no offerings": func(r *runner.LaunchRequest) { r.Offerings = nil },
		"no token":     func(r *runner.LaunchRequest) { r.ClientToken = "" },
	} {
		request := w.Request("a", 1, runner.OnDemand)
		change(&request)
		_, err := w.Fleet.Launch(t.Context(), request)
		var problem *runner.LaunchError
		if !errors.As(err, &problem) || problem.Class != runner.BadRequest {
			t.Errorf("%s: got %v, want a bad request", name, err)
		}
	}
	checkIDs(t, "all", w.describe(t, runner.Query{}), nil)
}

func markets(t *testing.T, w World) {
	for _, capacity := range []runner.CapacityType{runner.Spot, runner.OnDemand} {
		instance := w.launch(t, w.Request(string(capacity), 1, capacity))[0]
		seen := w.describe(t, runner.Query{Instances: []string{instance.ID}})
		if len(seen) != 1 || seen[0].Instance.Offering != instance.Offering || instance.Offering.Capacity != capacity {
			t.Errorf("%s: got %+v of %+v, want it to be told so", capacity, seen, instance)
		}
	}
}

func absent(t *testing.T, w World) {
	checkIDs(t, "unknown", w.describe(t, runner.Query{Instances: []string{unknown}}), nil)
}

func givenUp(t *testing.T, w World) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Fleet.Launch(ctx, w.Request("a", 1, runner.OnDemand))
	var problem *runner.LaunchError
	if !errors.As(err, &problem) || problem.Class != runner.UnknownOutcome {
		t.Errorf("launch: got %v, want an unknown outcome", err)
	}
	if _, err := w.Fleet.Describe(ctx, runner.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("describe: got %v, want it cancelled", err)
	}
	if err := w.Fleet.Terminate(ctx, []string{unknown}); !errors.Is(err, context.Canceled) {
		t.Errorf("terminate: got %v, want it cancelled", err)
	}
}

// checkIDs compares which instances were seen; those of the same second may come in any order.
func checkIDs(t *testing.T, what string, seen []runner.Seen, want []string) {
	t.Helper()
	var got []string
	sorted := slices.IsSortedFunc(seen, func(a, b runner.Seen) int { return a.LaunchedAt.Compare(b.LaunchedAt) })
	for _, one := range seen {
		got = append(got, one.Instance.ID)
	}
	slices.Sort(got)
	if diff := gocmp.Diff(slices.Sorted(slices.Values(want)), got); diff != "" || !sorted {
		t.Errorf("%s, oldest first %v, want - got +:\n%s", what, sorted, diff)
	}
}
