package stack_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

func TestEveryStatusThatIsNotRightHasARemedy(t *testing.T) {
	for status, want := range map[string]string{
		"CREATE_IN_PROGRESS":       "wait until that is done",
		"ROLLBACK_COMPLETE":        "mayfly destroy --stack ci",
		"CREATE_FAILED":            "mayfly destroy --stack ci",
		"ROLLBACK_FAILED":          "mayfly destroy --stack ci",
		"UPDATE_ROLLBACK_COMPLETE": "it is as it was before",
		"UPDATE_ROLLBACK_FAILED":   "continue-update-rollback --stack-name ci",
		"DELETE_FAILED":            "`mayfly destroy --stack ci` again",
	} {
		if got := stack.Remedy(status, "ci"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", status, got, want)
		}
	}
}

func TestWhatWentWrongIsNotWhatWasCancelledForIt(t *testing.T) {
	for reason, want := range map[string]bool{"Resource creation cancelled": false, "The role may not": true} {
		if got := (stack.Event{Status: "CREATE_FAILED", Reason: reason}).Failed(); got != want {
			t.Errorf("%s: got %t, want %t", reason, got, want)
		}
	}
	if (stack.Event{Status: "CREATE_COMPLETE"}).Failed() {
		t.Error("CREATE_COMPLETE: got a failure")
	}
}
