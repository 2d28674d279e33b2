package instance_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// It is what the watchdog asks for.
var _ function.Instances = (*instance.Guard)(nil)

func TestAGuardSeesAndEndsItsStacksInstances(t *testing.T) {
	w := newWire("DescribeInstances", ok("<reservationSet>"+described("i-1", "", "2026-11-21T10:00:02Z", ofLaunch)+"</reservationSet>"))
	w.scripts["TerminateInstances"] = []answer{ok(""), refusal(http.StatusForbidden, "UnauthorizedOperation")}
	guard, err := instance.NewGuard(w.account(), "ci")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := guard.Describe(t.Context(), runner.Query{})
	if err != nil || len(seen) != 1 || seen[0].Instance.ID != "i-1" {
		t.Errorf("got %+v, %v, want i-1", seen, err)
	}
	if got, want := flat(w.sent("DescribeInstances")[0])["Filter.1.Value.1"], "ci"; got != want {
		t.Errorf("got the instances of stack %q, want %q", got, want)
	}
	if err := guard.Terminate(t.Context(), []string{"i-1"}); err != nil {
		t.Error(err)
	}
	if err := guard.Terminate(t.Context(), []string{"i-1"}); err == nil {
		t.Error("refused by EC2: got no error, want one")
	}
}

func TestAGuardOfNoStackIsRefused(t *testing.T) {
	if guard, err := instance.NewGuard(newWire("").account(), ""); err == nil || guard != nil {
		t.Errorf("got %v, %v, want an error", guard, err)
	}
}

func TestAGuardCallsNothingThatAFleetDoesNot(t *testing.T) {
	for _, operation := range instance.GuardOperations() {
		if !slices.Contains(instance.Operations(), operation) {
			t.Errorf("%s is none of %v", operation, instance.Operations())
		}
	}
	if diff := cmp.Diff([]string{"ec2:DescribeInstances", "ec2:TerminateInstances"}, instance.GuardOperations()); diff != "" {
		t.Errorf("operations, want - got +:\n%s", diff)
	}
}
