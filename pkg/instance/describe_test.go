package instance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func described(id, lifecycle, launchedAt, tags string) string {
	return fmt.Sprintf(`<item><instancesSet><item><instanceId>%s</instanceId><instanceType>m7a.large</instanceType>
		<placement><availabilityZone>eu-west-1a</availabilityZone></placement><instanceLifecycle>%s</instanceLifecycle>
		<instanceState><code>16</code><name>running</name></instanceState><launchTime>%s</launchTime><tagSet>%s</tagSet></item></instancesSet></item>`,
		id, lifecycle, launchedAt, tags)
}

const ofLaunch = `<item><key>Name</key><value>no</value></item><item><key>mayfly-launch</key><value>abc</value></item>`

func TestDescribeReadsEveryPageOldestFirst(t *testing.T) {
	w := newWire("DescribeInstances",
		ok("<reservationSet>"+described("i-2", "", "2026-11-21T10:00:02Z", ofLaunch)+"</reservationSet><nextToken>more</nextToken>"),
		ok("<reservationSet>"+described("i-1", "spot", "2026-11-21T10:00:01Z", "")+"</reservationSet>"))
	got, err := w.fleet(t).Describe(t.Context(), runner.Query{Launch: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	onDemand := offering("m7a.large", "a")
	onDemand.Capacity = runner.OnDemand
	want := []runner.Seen{
		{Instance: runner.Instance{ID: "i-1", Offering: offering("m7a.large", "a")}, State: "running", LaunchedAt: time.Date(2026, 11, 21, 10, 0, 1, 0, time.UTC)},
		{Instance: runner.Instance{ID: "i-2", Offering: onDemand}, Launch: "abc", State: "running", LaunchedAt: time.Date(2026, 11, 21, 10, 0, 2, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("seen, want - got +:\n%s", diff)
	}
	sent := w.sent("DescribeInstances")
	if got, want := sent[len(sent)-1].Get("NextToken"), "more"; got != want {
		t.Errorf("second page: got token %q, want %q", got, want)
	}
	first := flat(sent[0])
	for key, want := range map[string]string{
		"Filter.1.Name": "tag:mayfly-stack", "Filter.1.Value.1": "ci", "Filter.2.Name": "tag:mayfly-launch", "Filter.2.Value.1": "abc", "MaxResults": "1000",
	} {
		if got := first[key]; got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestManyInstancesAreAskedForInAsFewCallsAsTheFilterAllows(t *testing.T) {
	var ids []string
	for n := range 450 {
		ids = append(ids, fmt.Sprintf("i-%03d", n))
	}
	w := newWire("DescribeInstances", ok(""))
	if _, err := w.fleet(t).Describe(t.Context(), runner.Query{Instances: append(ids, ids...)}); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, sent := range w.sent("DescribeInstances") {
		size := 0
		for key := range sent {
			if strings.HasPrefix(key, "Filter.2.Value.") {
				size++
			}
		}
		sizes = append(sizes, size)
	}
	if diff := cmp.Diff([]int{200, 200, 50}, sizes); diff != "" {
		t.Errorf("ids in each call, want - got +:\n%s", diff)
	}
}

func TestWhatOnlyReadsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire("DescribeInstances", refusal(503, "RequestLimitExceeded"), answer{}, ok("<reservationSet>"+described("i-1", "", "2026-11-21T10:00:01Z", "")+"</reservationSet>"))
		seen, err := w.fleet(t).Describe(t.Context(), runner.Query{})
		if err != nil || len(seen) != 1 {
			t.Errorf("got %v, %v, want the one instance", seen, err)
		}
		w = newWire("DescribeInstances", refusal(503, "RequestLimitExceeded"))
		_, err = w.fleet(t).Describe(t.Context(), runner.Query{})
		checkSays(t, "throttled", err, "RequestLimitExceeded")
		if got, want := len(w.sent("DescribeInstances")), 3; got != want {
			t.Errorf("tries: got %d, want %d", got, want)
		}
	})
}

func TestTerminateEndsAllOfThem(t *testing.T) {
	w := newWire("TerminateInstances", ok(""))
	if err := w.fleet(t).Terminate(t.Context(), []string{"i-1", "i-2"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Action": "TerminateInstances", "InstanceId.1": "i-1", "InstanceId.2": "i-2"}
	if diff := cmp.Diff(want, flat(w.sent("TerminateInstances")[0])); diff != "" {
		t.Errorf("the call, want - got +:\n%s", diff)
	}
}

func TestATerminateThatIsRefusedForOneIsToldApart(t *testing.T) {
	for code, want := range map[string]bool{
		"InvalidInstanceID.NotFound": true, "InvalidInstanceID.Malformed": true, "UnauthorizedOperation": true, "OperationNotPermitted": true,
		"InvalidParameterValue": false,
	} {
		err := newWire("TerminateInstances", refusal(400, code)).fleet(t).Terminate(t.Context(), []string{"i-1"})
		checkSays(t, code, err, code)
		if got := errors.Is(err, runner.ErrOneRefused); got != want {
			t.Errorf("%s: got one refused %v, want %v", code, got, want)
		}
	}
}
