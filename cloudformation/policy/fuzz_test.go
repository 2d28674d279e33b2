package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// FuzzADenyNeverAllowsMore: whatever the policies and the request are, nothing panics, and a Deny more, in
// the role, in its boundary or of the resource, never makes a refused request an allowed one.
func FuzzADenyNeverAllowsMore(f *testing.F) {
	f.Add(allowAll, denyGet, "s3:GetObject", object, "ec2:Owner", "self")
	f.Add(`{"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::bucket/${aws:userid}/*"}`,
		`{"NotAction": "s3:P?t*", "Resource": ["arn:aws:s3:*", "arn:aws:s3:::*x"]}`, "s3:PutObject", object, "aws:TagKeys", "a")
	f.Add(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["a*"]}}}`,
		`{"Action": "*", "Resource": "*", "Condition": {"ArnNotLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:*:1:instance/${ec2:InstanceID, 'x'}"}}}`,
		"ec2:CreateTags", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "ec2:InstanceID", "i-0a")
	f.Add(`{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*", "Condition": {"NumericLessThanIfExists": {"ec2:RoleDelivery": 2.0}}}`,
		`{"Action": "*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:TokenIssueTime": "2026-04-30T00:00:00Z"}, "Null": {"ec2:Owner": true}}}`,
		"sqs:SendMessage", "*", "aws:TokenIssueTime", "1777507200")
	f.Add(allowGet, `{"Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}`,
		"s3:GetObject", object, "aws:SourceIp", "203.0.113.1")
	f.Fuzz(func(t *testing.T, statement, denying, action, resource, key, value string) {
		allow, err := policy.Identity("role", map[string]any{"Version": "2012-10-17", "Statement": fields(statement)})
		if err != nil {
			return
		}
		deny, denyOfResource, err := deny(denying)
		if err != nil {
			return
		}
		request := policy.Request{
			Principal: runner, Action: action, Context: policy.Context{key: {value}}, Resources: []policy.Resource{{ARN: resource}},
		}
		before := policy.Policies{Identity: []policy.Document{allow}, Boundary: &allow}
		was, err := policy.Evaluate(before, request)
		if err != nil || was.Allowed() {
			return
		}
		inRole := policy.Policies{Identity: []policy.Document{allow, deny}, Boundary: &allow}
		refuses(t, inRole, request)
		inBoundary := policy.Policies{Identity: []policy.Document{allow}, Boundary: &deny}
		refuses(t, inBoundary, request)
		request.Resources[0].Policy = &denyOfResource
		refuses(t, before, request)
	})
}

func fields(statement string) any {
	var value any
	if json.Unmarshal([]byte(statement), &value) != nil {
		return nil
	}
	return value
}

// deny is a policy of one Deny, of a role or a boundary, and one of a resource, for everyone.
func deny(statement string) (ofRole, ofResource policy.Document, err error) {
	body, _ := fields(statement).(map[string]any)
	if body == nil {
		body = map[string]any{}
	}
	body["Effect"] = "Deny"
	if ofRole, err = policy.Identity("deny", map[string]any{"Version": "2012-10-17", "Statement": body}); err != nil {
		return ofRole, ofResource, err
	}
	body["Principal"] = "*"
	ofResource, err = policy.OfResource("deny", map[string]any{"Version": "2012-10-17", "Statement": body})
	return ofRole, ofResource, err
}

func refuses(t *testing.T, policies policy.Policies, request policy.Request) {
	t.Helper()
	if decision, err := policy.Evaluate(policies, request); err == nil && decision.Allowed() {
		t.Errorf("%+v: got allowed with a Deny more, want refused as without it:\n%s", request, decision)
	}
}
