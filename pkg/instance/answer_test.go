package instance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/launch"
)

// pool is how EC2 names a pool of a fleet.
func pool(instanceType, subnet string) string {
	return fmt.Sprintf(`<launchTemplateAndOverrides><launchTemplateSpecification><launchTemplateId>lt-1</launchTemplateId><version>7</version></launchTemplateSpecification>
		<overrides><instanceType>%s</instanceType><subnetId>%s</subnetId><imageId>ami-1</imageId></overrides></launchTemplateAndOverrides>`, instanceType, subnet)
}

// gave is a fleet's instances of one pool.
func gave(instanceType, subnet string, ids ...string) string {
	return fmt.Sprintf(`<item>%s<lifecycle>spot</lifecycle><instanceIds><item>%s</item></instanceIds><instanceType>%s</instanceType></item>`,
		pool(instanceType, subnet), strings.Join(ids, "</item><item>"), instanceType)
}

// refused is a fleet's error of one pool.
func refused(code, pool string) string {
	return fmt.Sprintf(`<item>%s<lifecycle>spot</lifecycle><errorCode>%s</errorCode><errorMessage>said EC2</errorMessage></item>`, pool, code)
}

func fleetOf(instances, errors string) answer {
	return ok(none + "<fleetInstanceSet>" + instances + "</fleetInstanceSet><errorSet>" + errors + "</errorSet>")
}

func launchError(class runner.LaunchErrorClass, code string, of runner.Offering) runner.LaunchError {
	return runner.LaunchError{Class: class, Code: code, Message: "said EC2", Offering: of}
}

func TestPartialSuccessIsWhatCameAndWhatEachPoolSaid(t *testing.T) {
	w := newWire("CreateFleet", fleetOf(
		gave("m7a.large", "subnet-b", "i-1", "i-2")+
			`<item><instanceIds><item>i-3</item></instanceIds><instanceType>c7a.large</instanceType><availabilityZone>eu-west-1a</availabilityZone></item>`,
		refused("InsufficientInstanceCapacity", pool("m7a.large", "subnet-a"))+
			refused("InsufficientFreeAddressesInSubnet", pool("c7a.large", "subnet-b"))+
			refused("UnfulfillableCapacity", ""),
	))
	got, err := w.fleet(t).Launch(t.Context(), request(5))
	if err != nil {
		t.Fatal(err)
	}
	want := runner.LaunchResult{
		Fleet: "fleet-1",
		Instances: []runner.Instance{
			{ID: "i-1", Offering: offering("m7a.large", "b")}, {ID: "i-2", Offering: offering("m7a.large", "b")}, {ID: "i-3", Offering: offering("c7a.large", "a")},
		},
		Errors: []runner.LaunchError{
			launchError(runner.NoCapacity, "InsufficientInstanceCapacity", offering("m7a.large", "a")),
			launchError(runner.NoCapacity, "InsufficientFreeAddressesInSubnet", offering("c7a.large", "b")),
			launchError(runner.NoCapacity, "UnfulfillableCapacity", runner.Offering{}),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the result, want - got +:\n%s", diff)
	}
}

func TestAFleetOfNothingForNoPoolIsOutOfAll(t *testing.T) {
	got, err := newWire("CreateFleet", fleetOf("", refused("UnfulfillableCapacity", ""))).fleet(t).Launch(t.Context(), request(1))
	if err != nil {
		t.Fatal(err)
	}
	var want []runner.LaunchError
	for _, out := range request(1).Offerings {
		want = append(want, launchError(runner.NoCapacity, "UnfulfillableCapacity", out))
	}
	if diff := cmp.Diff(want, got.Errors); diff != "" {
		t.Errorf("the errors, want - got +:\n%s", diff)
	}
}

func TestAnErrorOfAPoolIsClassified(t *testing.T) {
	for code, want := range map[string]runner.LaunchErrorClass{
		"InsufficientInstanceCapacity":                      runner.NoCapacity,
		"SpotMaxPriceTooLow":                                runner.NoCapacity,
		"Unsupported":                                       runner.NoCapacity,
		"NeverHeardOf":                                      runner.NoCapacity,
		"VcpuLimitExceeded":                                 runner.Quota,
		"MaxSpotInstanceCountExceeded":                      runner.Quota,
		"RequestLimitExceeded":                              runner.Throttled,
		"UnauthorizedOperation":                             runner.Denied,
		"AuthFailure.ServiceLinkedRoleCreationNotPermitted": runner.Denied,
		"InvalidAMIID.NotFound":                             runner.BadRequest,
		"InvalidSubnetID.NotFound":                          runner.BadRequest,
		"InternalError":                                     runner.UnknownOutcome,
	} {
		w := newWire("CreateFleet", fleetOf("", refused(code, pool("m7a.large", "subnet-b"))))
		got, err := w.fleet(t).Launch(t.Context(), request(1))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]runner.LaunchError{launchError(want, code, offering("m7a.large", "b"))}, got.Errors); diff != "" {
			t.Errorf("%s, want - got +:\n%s", code, diff)
		}
	}
}

func TestAServerLaunchesExactlyTheMissingOnesElsewhere(t *testing.T) {
	w := newWire("CreateFleet", fleetOf(gave("m7a.large", "subnet-b", "i-1", "i-2"), refused("InsufficientInstanceCapacity", pool("m7a.large", "subnet-b"))))
	r, snapshot := request(3), runner.Snapshot{Now: time.Now(), Jobs: map[int64]runner.Job{}}
	open := runner.Launch{ID: r.Launch, Request: r, State: runner.LaunchOpen, Calls: 1}
	for id := range int64(3) {
		snapshot.Jobs[id] = runner.Job{ID: id, State: runner.JobQueued, Attempts: 1}
		open.Slots = append(open.Slots, runner.Slot{Job: id})
	}
	result, err := w.fleet(t).Launch(t.Context(), r)
	var runners, told []string
	out := map[runner.Offering]bool{}
	for _, item := range launch.Settle(snapshot, open, result, err, time.Second, time.Minute) {
		switch item := item.(type) {
		case runner.Runner:
			runners = append(runners, item.Instance)
		case runner.Job:
			told = append(told, fmt.Sprint(item.ID, item.Attempts))
		case runner.CapacityMemory:
			for _, o := range item.Out {
				out[o.Offering] = true
			}
		}
	}
	if diff := cmp.Diff([][]string{{"i-1", "i-2"}, {"2 1"}}, [][]string{runners, told}); diff != "" {
		t.Errorf("the runners, and the job that has none and used up its attempt, want - got +:\n%s", diff)
	}
	if diff := cmp.Diff(map[runner.Offering]bool{r.Offerings[0]: true}, out); diff != "" {
		t.Errorf("offerings left alone, want - got +:\n%s", diff)
	}
}
