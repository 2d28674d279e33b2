package policy_test

import (
	"fmt"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

func TestActions(t *testing.T) {
	for _, test := range []struct {
		element, pattern, action string
		want                     bool
	}{
		{"Action", "s3:GetObject", "s3:GetObject", true},
		{"Action", "s3:GetObject", "s3:GetObjectAcl", false},
		{"Action", "s3:getobject", "s3:GetObject", true}, // case-insensitive [action]
		{"Action", "s3:Get*", "s3:GetObject", true},
		{"Action", "s3:*Object", "s3:GetObject", true},
		{"Action", "s3:?etObject", "s3:GetObject", true},
		{"Action", "s3:?GetObject", "s3:GetObject", false},
		{"Action", "*", "s3:GetObject", true},
		{"Action", "ec2:*", "ec2:RunInstances", true},
		{"Action", "ec2:*", "s3:GetObject", false},
		{"NotAction", "s3:Get*", "s3:GetObject", false}, // all but those listed [notaction]
		{"NotAction", "s3:Get*", "s3:PutObject", true},
	} {
		request := policy.Request{Principal: runner, Action: test.action, Resources: []policy.Resource{{ARN: "*"}}}
		statement := fmt.Sprintf(`{"Effect": "Allow", %q: [%q], "Resource": "*"}`, test.element, test.pattern)
		if got := allows(t, statement, request); got != test.want {
			t.Errorf("%s %s, %s: got allowed %t, want %t", test.element, test.pattern, test.action, got, test.want)
		}
	}
}

func TestResources(t *testing.T) {
	const tests = "arn:aws:s3:::bucket/*/test/*" // the example of [resource]
	for _, test := range []struct {
		element, pattern, resource string
		want                       bool
	}{
		{"Resource", "*", "*", true},
		{"Resource", "*", object, true},
		{"Resource", object, object, true},
		{"Resource", object, "*", false},
		{"Resource", object, object + "y", false},
		{"Resource", "arn:aws:s3:::Bucket/runners/x", object, false},
		{"Resource", "arn:aws:s3:::bucket/*", object, true},
		{"Resource", "arn:aws:s3:::bucket/runners/?", object, true},
		{"Resource", "arn:aws:s3:::bucket/runners/?", object + "y", false},
		{"Resource", tests, "arn:aws:s3:::bucket/1/test/object.jpg", true},
		{"Resource", tests, "arn:aws:s3:::bucket/1/2/test/3/object.jpg", true},
		{"Resource", tests, "arn:aws:s3:::bucket/1///test///object.jpg", true},
		{"Resource", tests, "arn:aws:s3:::bucket/1/test/", true},
		{"Resource", tests, "arn:aws:s3:::bucket//test/object.jpg", true},
		{"Resource", tests, "arn:aws:s3:::bucket/1-test/object.jpg", false},
		{"Resource", tests, "arn:aws:s3:::bucket/test/object.jpg", false},
		{"Resource", tests, "arn:aws:s3:::bucket/1/2/test.jpg", false},
		// A * that ends a part of the ARN may match beyond the colon [resource]; one in its middle may not.
		{"Resource", "arn:aws:logs:*", "arn:aws:logs:eu-west-1:111122223333:log-group:x:*", true},
		{"Resource", "arn:aws:logs:*:log-group:x", "arn:aws:logs:eu-west-1:111122223333:log-group:x", true},
		{"Resource", "arn:aws:logs:eu*1:111122223333:x", "arn:aws:logs:eu-west-1:111122223333:x", true},
		{"Resource", "arn:aws:logs:eu*3:x", "arn:aws:logs:eu-west-1:111122223333:x", false},
		{"Resource", "arn:aws:sqs:eu-west-?:1:x", "arn:aws:sqs:eu-west-1:1:x", true},
		{"Resource", "arn:aws:sqs:eu?1:x:y", "arn:aws:sqs:eu:1:x:y", false},
		{"Resource", "arn:aws:logs:eu-west-1:1:log-group:a?b", "arn:aws:logs:eu-west-1:1:log-group:a:b", true},
		{"NotResource", "arn:aws:s3:::bucket/runners/*", object, false}, // all but those listed [notres]
		{"NotResource", "arn:aws:s3:::bucket/agents/*", object, true},
	} {
		statement := fmt.Sprintf(`{"Effect": "Allow", "Action": "s3:GetObject", %q: %q}`, test.element, test.pattern)
		if got := allows(t, statement, get(policy.Resource{ARN: test.resource})); got != test.want {
			t.Errorf("%s %s, %s: got allowed %t, want %t", test.element, test.pattern, test.resource, got, test.want)
		}
	}
}

// Of variables, those of a Resource are after the fifth colon, and what a request has not is in no
// resource [variables].
func TestVariables(t *testing.T) {
	for _, test := range []struct {
		pattern, resource string
		want              bool
	}{
		{"runners/${aws:userid}/*", "runners/AROA1:i-0a/assignment.json", true},
		{"runners/${aws:userid}/*", "runners/AROA1:i-0b/assignment.json", false},
		{"runners/${AWS:UserId}/*", "runners/AROA1:i-0a/assignment.json", true}, // names are case-insensitive
		{"runners/${aws:username}/*", "runners//x", false},
		{"runners/${aws:username}/*", "runners/${aws:username}/x", false},
		{"runners/${aws:username, 'nobody'}/*", "runners/nobody/x", true},
		{"runners/${aws:userid, 'nobody'}/*", "runners/nobody/x", false},
		{"runners/${aws:PrincipalTag/team}/*", "runners/a*/x", true}, // what is put in has no wildcards
		{"runners/${aws:PrincipalTag/team}/*", "runners/ab/x", false},
		{"runners/${*}", "runners/*", true},
		{"runners/${*}", "runners/x", false},
		{"runners/${?}${$}", "runners/?$", true},
		{"runners/${?}", "runners/x", false},
	} {
		request := get(policy.Resource{ARN: "arn:aws:s3:::bucket/" + test.resource})
		request.Context = policy.Context{"aws:PrincipalTag/team": {"a*"}}
		statement := fmt.Sprintf(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/%s"}`, test.pattern)
		if got := allows(t, statement, request); got != test.want {
			t.Errorf("%s, %s: got allowed %t, want %t", test.pattern, test.resource, got, test.want)
		}
	}
}

// AWS "might" take a statement for invalid whose variable it cannot replace [variables]. The reading
// that allows more is: a Deny with one denies nothing, and an Allow loses nothing but that value.
func TestAVariableWithoutAValueNeverDenies(t *testing.T) {
	const allow = `{"Effect": "Allow", "Action": "*", "Resource": "*"}`
	for statement, want := range map[string]bool{
		allow + `, {"Effect": "Deny", "Action": "*", "Resource": ["arn:aws:s3:::x/${aws:username}", "*"]}`:                                            true,
		allow + `, {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::x/${aws:username}"}`:                                                true,
		allow + `, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:userid": "${aws:username}"}}}`:           true,
		allow + `, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:userid": "${aws:username, 'nobody'}"}}}`: false,
		`{"Effect": "Allow", "Action": "*", "Resource": ["arn:aws:s3:::x/${aws:username}", "*"]}`:                                                     true,
		`{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x/${aws:username}"}`:                                                         true,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:userid": "${aws:username}"}}}`:                       false,
		`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:userid": "${aws:username}"}}}`:                    true,
	} {
		if got := allows(t, "["+statement+"]", get(policy.Resource{ARN: object})); got != want {
			t.Errorf("%s: got allowed %t, want %t", statement, got, want)
		}
	}
}
