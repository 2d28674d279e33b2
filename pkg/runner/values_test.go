package runner_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAClassIsItsScopeAndItsLabelsWithoutCaseAndOrder(t *testing.T) {
	class := func(labels ...string) runner.Class {
		return runner.Class{Installation: 42, Scope: runner.Repository{FullName: "Octo/Repo"}, Labels: runner.CanonicalLabels(labels)}
	}
	if got, want := class("Mayfly/CPU=2", "x64", "X64").Key(), "42:octo/repo mayfly/cpu=2,x64"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if a, b := class("b", "A").Key(), class("a", "B").Key(); a != b {
		t.Errorf("%q and %q differ, want the same", a, b)
	}
	inGroup := func(group string) runner.Class {
		return runner.Class{Installation: 42, Scope: runner.Organisation("Octo"), Group: group, Labels: []string{"x64"}}
	}
	if got, want := inGroup("Big machines").Key(), `42:octo:"Big machines" x64`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, pair := range [][2]runner.Class{
		{inGroup("a"), inGroup("b")},
		{class("a,b"), class("a", "b")},
		{class(`a\`, "b"), class(`a\,b`)},
	} {
		if pair[0].Key() == pair[1].Key() {
			t.Errorf("labels %q and %q give one key", pair[0].Labels, pair[1].Labels)
		}
	}
}

func TestAnOrganisationIsAnOwnerWithoutARepository(t *testing.T) {
	for _, test := range []struct {
		scope runner.Repository
		is    bool
		owner string
	}{
		{runner.Organisation("Octo"), true, "octo"},
		{runner.Repository{ID: 1, FullName: "Octo/repo"}, false, "Octo"},
		{runner.Repository{ID: 1, FullName: "repo"}, false, "repo"}, // a name that is none
		{runner.Repository{}, false, ""},
	} {
		if got := test.scope.IsOrganisation(); got != test.is || test.scope.Owner() != test.owner {
			t.Errorf("%v: got %t and owner %q, want %t and %q", test.scope, got, test.scope.Owner(), test.is, test.owner)
		}
	}
}

func TestANameLeadsBackToItsInstance(t *testing.T) {
	name := runner.Name("prod", "i-0123456789abcdef0", 12)
	if len(name) > 64 || !strings.HasPrefix(name, "mf-") {
		t.Errorf("name %q: want at most 64 characters, from mf-", name)
	}
	if got, ours := runner.InstanceOf("prod", name); !ours || got != "i-0123456789abcdef0" {
		t.Errorf("got %q, %v, want the instance", got, ours)
	}
	for _, foreign := range []string{"", "mf-", "GitHub Actions 5", runner.Name("staging", "i-0123456789abcdef0", 1), name[:12] + "-1", name[:12] + "i-"} {
		if got, ours := runner.InstanceOf("prod", foreign); ours {
			t.Errorf("%q is taken for a runner of ours, on %q", foreign, got)
		}
	}
}

func TestAReportsKeyTellsWhoSpeaks(t *testing.T) {
	key := runner.ReportKey("AROA1", "i-0a", 3)
	if got, want := key, "reports/AROA1:i-0a/003.json"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, ok := runner.ReporterOf(key); !ok || got != "i-0a" {
		t.Errorf("got %q, %v, want i-0a", got, ok)
	}
	for _, other := range []string{"", "reports/", "reports/i-0a/1.json", "reports/AROA1:x/1", "runners/AROA1:i-0a/1.json", "reports/AROA1:i-0a"} {
		if got, ok := runner.ReporterOf(other); ok {
			t.Errorf("%q is taken for a report of %q", other, got)
		}
	}
}

func TestAClientTokenChangesWithAllThatMakesALaunchAnother(t *testing.T) {
	tokens := []string{
		runner.ClientToken("s", "l", 1, runner.Spot), runner.ClientToken("t", "l", 1, runner.Spot),
		runner.ClientToken("s", "m", 1, runner.Spot), runner.ClientToken("s", "l", 2, runner.Spot),
		runner.ClientToken("s", "l", 1, runner.OnDemand),
	}
	for i, token := range tokens {
		if len(token) != 64 {
			t.Errorf("token %q has %d characters, want 64", token, len(token))
		}
		if slices.Contains(tokens[:i], token) {
			t.Errorf("token %d is one of those before it", i)
		}
	}
}

func TestAShapesKeyIsAllButItsName(t *testing.T) {
	shape := runner.Shape{Name: "a", Types: []string{"m7a.large"}}
	renamed := shape
	renamed.Name = "b"
	if shape.Key() != renamed.Key() {
		t.Error("a name changes the key")
	}
	// Every other field must change it: two shapes with one key would share a launch.
	for i := range reflect.TypeFor[runner.Shape]().NumField() {
		if field := reflect.TypeFor[runner.Shape]().Field(i); field.Name != "Name" {
			changed := shape
			fill(reflect.ValueOf(&changed).Elem().Field(i))
			if shape.Key() == changed.Key() {
				t.Errorf("field %s does not change the key", field.Name)
			}
		}
	}
}

// fill sets a value, and all within it, to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
	case reflect.Struct:
		fill(v.Field(0))
	}
}

func TestAnEventKeepsToEventBridgesEnvelope(t *testing.T) {
	events := []runner.Event{
		{ID: "1", At: noon, Source: runner.SourceWebhook, Job: &runner.JobEvent{Action: "queued", ID: 7, Labels: []string{"mayfly"}, CreatedAt: noon}},
		{ID: "2", At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: "i-0a", State: "terminated"}},
		{ID: "4", At: noon, Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: "i-0a", Action: "terminate"}},
		{ID: "3", At: noon, Source: runner.SourceS3, Object: &runner.ObjectEvent{Bucket: "b", Key: "reports/A:i-0a/001.json"}},
	}
	for _, want := range events {
		body, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got runner.Event
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event %s (-want +got):\n%s", want.ID, diff)
		}
	}
	if _, err := json.Marshal(runner.Event{Source: runner.SourceEC2}); err == nil {
		t.Error("an event with nothing to tell was written")
	}

	// As AWS documents it, with all that we do not read.
	const documented = `{"version":"0","id":"ee","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2",
		"account":"123456789012","time":"2019-11-11T21:29:54Z","region":"us-east-1",
		"resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],"detail":{"instance-id":"i-abcd1111","state":"pending"}}`
	var got runner.Event
	if err := json.Unmarshal([]byte(documented), &got); err != nil {
		t.Fatal(err)
	}
	if got.Instance == nil || *got.Instance != (runner.InstanceEvent{Instance: "i-abcd1111", State: "pending"}) {
		t.Errorf("got %+v, want instance i-abcd1111 pending", got.Instance)
	}
	if err := json.Unmarshal([]byte(`{"source":"aws.sqs","id":"9"}`), &got); err == nil || !strings.Contains(err.Error(), "aws.sqs") {
		t.Errorf("an unknown source gives %v, want an error that names it", err)
	}
}

func TestASnapshotHoldsWhatIsLive(t *testing.T) {
	job := runner.Job{ID: 7, State: runner.JobQueued}
	instance := runner.Runner{Instance: "i-0a", State: runner.RunnerIdle}
	launch := runner.Launch{ID: "l1", State: runner.LaunchOpen}
	cancellation := runner.Cancellation{Run: 9, Jobs: []int64{7}, Created: noon, NextAt: noon}
	memory := runner.CapacityMemory{}.Remember(runner.Offering{Type: "m7a.large"}, noon, runner.NoCapacityMemory)
	budgets := runner.NewBudgets()
	budgets.Fleet = budgets.Fleet.Take(3, noon)

	var stored []runner.Item
	rerun := runner.Rerun{Run: 9, Attempt: 1, Jobs: []runner.CutShort{{ID: 7, Name: "build"}}, Done: []string{"lint"}, Created: noon, NextAt: noon}
	for _, item := range []runner.Item{job, instance, launch, cancellation, rerun, memory, budgets} {
		body, err := runner.EncodeItem(item)
		if err != nil {
			t.Fatal(err)
		}
		back, err := runner.DecodeItem(item.Key(), body)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, back)
	}
	snapshot := runner.NewSnapshot(stored...)
	want := runner.Snapshot{
		Jobs: map[int64]runner.Job{7: job}, Runners: map[string]runner.Runner{"i-0a": instance},
		Launches: map[string]runner.Launch{"l1": launch}, Cancellations: map[int64]runner.Cancellation{9: cancellation},
		Reruns: map[int64]runner.Rerun{9: rerun}, NoCapacity: memory, Buckets: budgets,
	}
	if diff := cmp.Diff(want, snapshot); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}

	job.State, instance.State, launch.State = runner.JobCompleted, runner.RunnerTerminated, runner.LaunchClosed
	cancellation.Settled, rerun.Settled = true, true
	snapshot.Put(job, instance, launch, cancellation, rerun)
	if n := len(snapshot.Jobs) + len(snapshot.Runners) + len(snapshot.Launches) + len(snapshot.Cancellations) + len(snapshot.Reruns); n != 0 {
		t.Errorf("%d things are left in the snapshot, want none: all are over", n)
	}
}

func TestAnItemOfAnotherReleaseIsNeverWritten(t *testing.T) {
	item, err := runner.DecodeItem("widget/1", []byte(`{"size": 3}`))
	if err != nil || item.Key() != "widget/1" {
		t.Fatalf("got %v, %v, want an item with its key", item, err)
	}
	if body, err := runner.EncodeItem(item); err == nil {
		t.Errorf("it is written as %s, want an error: what it was is not known", body)
	}
}
