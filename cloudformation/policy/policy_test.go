package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

const (
	account = "111122223333"
	role    = "arn:aws:iam::111122223333:role/mayfly-runner"
	session = "arn:aws:sts::111122223333:assumed-role/mayfly-runner/i-0a"
	object  = "arn:aws:s3:::bucket/runners/x"
)

var runner = policy.Principal{Role: role, RoleID: "AROA1", Session: "i-0a"}

// decoded is a policy's document, of the statements that are given as JSON.
func decoded(t *testing.T, statements string) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(`{"Version": "2012-10-17", "Statement": `+statements+`}`), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func identity(t *testing.T, statements string) policy.Document {
	t.Helper()
	parsed, err := policy.Identity("role", decoded(t, statements))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func boundary(t *testing.T, statements string) *policy.Document {
	t.Helper()
	parsed, err := policy.Identity("boundary", decoded(t, statements))
	if err != nil {
		t.Fatal(err)
	}
	return &parsed
}

func ofResource(t *testing.T, statements string) *policy.Document {
	t.Helper()
	parsed, err := policy.OfResource("bucket", decoded(t, statements))
	if err != nil {
		t.Fatal(err)
	}
	return &parsed
}

func decide(t *testing.T, policies policy.Policies, request policy.Request) policy.Decision {
	t.Helper()
	decision, err := policy.Evaluate(policies, request)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}

// get is a request to read an object.
func get(resource policy.Resource) policy.Request {
	return policy.Request{Principal: runner, Action: "s3:GetObject", Resources: []policy.Resource{resource}}
}

func allows(t *testing.T, statements string, request policy.Request) bool {
	t.Helper()
	return decide(t, policy.Policies{Identity: []policy.Document{identity(t, statements)}}, request).Allowed()
}
