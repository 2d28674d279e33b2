package policy_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// TestWhatIsRefused: a policy that is not understood is an error when it is parsed, which names the
// policy, the statement and what is wrong. The statement is given without its braces.
func TestWhatIsRefused(t *testing.T) {
	const (
		whole = `"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"`
		when  = whole + `, "Condition": `
	)
	for statement, want := range map[string]string{
		`"Effect": "allow", "Action": "*", "Resource": "*"`:                                "effect: allow",
		`"Action": "*", "Resource": "*"`:                                                   "effect: <nil>",
		whole + `, "Resources": "*"`:                                                       "Resources: no such element",
		whole + `, "Principal": "*"`:                                                       "Principal: want it in the policy of a resource",
		whole + `, "NotPrincipal": "*"`:                                                    "NotPrincipal: not evaluated",
		whole + `, "NotAction": "s3:*"`:                                                    "Action, NotAction: want exactly one",
		`"Effect": "Allow", "Resource": "*"`:                                               "Action, NotAction: want exactly one",
		`"Effect": "Allow", "Action": "*"`:                                                 "Resource, NotResource: want exactly one",
		`"Effect": "Allow", "Action": [], "Resource": "*"`:                                 "Action: an empty list",
		`"Effect": "Allow", "Action": "GetObject", "Resource": "*"`:                        `"GetObject": want "*" or service:Name`,
		`"Effect": "Allow", "Action": "s3*", "Resource": "*"`:                              `"s3*": want`,
		`"Effect": "Allow", "Action": "*:Get", "Resource": "*"`:                            `"*:Get": want`,
		`"Effect": "Allow", "Action": "s3:${aws:userid}", "Resource": "*"`:                 "no variables",
		`"Effect": "Allow", "Action": "*", "Resource": "bucket/*"`:                         "want an ARN",
		`"Effect": "Allow", "Action": "*", "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}`:  "resolve functions first",
		`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/${AWS::StackName}"`: `condition key "AWS::StackName" is not known`,
		`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/${aws:userid"`:      "${ without }",
		`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/${aws:userid, x}"`:  "want a default",
		`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x/${aws:TagKeys}"`:    "a key of many values",
		`"Effect": "Allow", "Action": "*", "Resource": "arn:aws:sqs:eu:${aws:userid}:x"`:   "a variable before the fifth colon",
		when + `"StringEquals"`:                                                            "want an object of operators",
		when + `{"StringEqual": {"ec2:Owner": "x"}}`:                                       "StringEqual: no such condition operator",
		when + `{"stringEquals": {"ec2:Owner": "x"}}`:                                      "no such condition operator",
		when + `{"BinaryEquals": {"ec2:Owner": "eA=="}}`:                                   "no such condition operator",
		when + `{"ForSome:StringEquals": {"aws:TagKeys": "x"}}`:                            "no such condition operator",
		when + `{"NullIfExists": {"ec2:Owner": "true"}}`:                                   "no such condition operator",
		when + `{"ForAnyValue:Null": {"aws:TagKeys": "true"}}`:                             "no such condition operator",
		when + `{"StringEquals": "x"}`:                                                     "want an object of keys",
		when + `{"StringEquals": {}}`:                                                      "want an object of keys",
		when + `{"StringEquals": {"ec2:Ownr": "x"}}`:                                       `condition key "ec2:Ownr" is not known`,
		when + `{"StringEquals": {"aws:RequestTag": "x"}}`:                                 `condition key "aws:RequestTag" is not known`,
		when + `{"StringEquals": {"ec2:Owner": []}}`:                                       "an empty list",
		when + `{"StringEquals": {"ec2:Owner": {"Ref": "Owner"}}}`:                         "resolve functions first",
		when + `{"NumericEquals": {"ec2:Owner": "1"}}`:                                     "the key takes String operators, not Numeric",
		when + `{"StringEquals": {"ec2:Encrypted": "true"}}`:                               "the key takes Bool operators, not String",
		when + `{"StringEquals": {"aws:TagKeys": "x"}}`:                                    "ForAllValues and ForAnyValue",
		when + `{"ForAllValues:StringEquals": {"ec2:Owner": "x"}}`:                         "ForAllValues and ForAnyValue",
		when + `{"ArnLike": {"ec2:LaunchTemplate": "*"}}`:                                  "want an ARN",
		when + `{"ArnLike": {"ec2:LaunchTemplate": "arn:aws:ec2:*"}}`:                      "want an ARN of six parts",
		when + `{"NumericLessThan": {"ec2:RoleDelivery": "two"}}`:                          "want a number",
		when + `{"NumericLessThan": {"ec2:RoleDelivery": "${aws:userid}"}}`:                "want a number",
		when + `{"Bool": {"ec2:Encrypted": "yes"}}`:                                        "want true or false",
		when + `{"Null": {"ec2:Owner": "x"}}`:                                              "want true or false",
		when + `{"DateLessThan": {"aws:CurrentTime": "2026"}}`:                             "want a date",
		when + `{"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}`:                         "want an address or a CIDR",
	} {
		_, err := policy.Identity("server", decoded(t, `[{"Sid": "S", `+statement+`}]`))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "policy server: statement S: ") {
			t.Errorf("%s: got %v, want policy and statement, and %q", statement, err, want)
		}
	}
}

func TestWhatIsRefusedInAResourcesPolicy(t *testing.T) {
	for principal, want := range map[string]string{
		`"Sid": "S"`:                                                "Principal: want it",
		`"Principal": "` + role + `"`:                               `want "*", or an object`,
		`"Principal": {}`:                                           `want "*", or an object`,
		`"Principal": {"AWS": "*"}`:                                 `want Principal "*"`,
		`"Principal": {"AWS": "` + role + `*"}`:                     `want Principal "*"`,
		`"Principal": {"AWS": "` + account + `"}`:                   "name the role",
		`"Principal": {"AWS": "arn:aws:iam::` + account + `:root"}`: "name the role",
		`"Principal": {"Service": "events"}`:                        "Service with name.amazonaws.com",
		`"Principal": {"Federated": "accounts.google.com"}`:         `want Principal "*"`,
		`"NotPrincipal": {"AWS": "` + account + `"}`:                "NotPrincipal: not evaluated",
		`"Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}`:     "resolve functions first",
	} {
		_, err := policy.OfResource("bucket", decoded(t, `[{`+principal+`, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", principal, err, want)
		}
	}
}

func TestWhatIsRefusedAroundStatements(t *testing.T) {
	for want, document := range map[string]map[string]any{
		"Version: <nil>: want the text":      {"Statement": []any{}},
		"Version: 2008-10-17: want the text": {"Version": "2008-10-17", "Statement": []any{}},
		"statement: an empty list":           {"Version": "2012-10-17", "Statement": []any{}},
		"statement: <nil>: want an object":   {"Version": "2012-10-17"},
		"Statements: no such element":        {"Version": "2012-10-17", "Statements": []any{}},
		"statement number 2: effect":         {"Version": "2012-10-17", "Statement": []any{decoded(t, "["+allowAll+"]")["Statement"].([]any)[0], map[string]any{}}},
	} {
		if _, err := policy.Identity("server", document); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", document, err, want)
		}
	}
}

func TestWhatIsRefusedOfARequest(t *testing.T) {
	with := func(change func(*policy.Request)) policy.Request {
		request := get(policy.Resource{ARN: object})
		change(&request)
		return request
	}
	guarded := ofResource(t, notToAll)
	for want, request := range map[string]policy.Request{
		"want a role's ARN":       with(func(r *policy.Request) { r.Principal.Role = "mayfly-runner" }),
		"its id":                  with(func(r *policy.Request) { r.Principal.RoleID = "" }),
		"a session's name":        with(func(r *policy.Request) { r.Principal.Session = "" }),
		"and no role":             with(func(r *policy.Request) { r.Principal.Service = "sns.amazonaws.com" }),
		"want name.amazonaws.com": with(func(r *policy.Request) { r.Principal = policy.Principal{Service: "sns"} }),
		"has no policies":         with(func(r *policy.Request) { r.Principal = policy.Principal{Service: "sns.amazonaws.com"} }),
		"without wildcards":       with(func(r *policy.Request) { r.Action = "s3:*" }),
		"resources: none":         with(func(r *policy.Request) { r.Resources = nil }),
		"want an ARN of six":      with(func(r *policy.Request) { r.Resources[0].ARN = "bucket" }),
		"keys and of roles":       with(func(r *policy.Request) { r.Resources[0] = policy.Resource{ARN: role, Policy: guarded} }),
		"of another account": with(func(r *policy.Request) {
			r.Resources[0] = policy.Resource{ARN: "arn:aws:sqs:eu-west-1:444455556666:q", Policy: guarded}
		}),
		`"ec2:Ownr" is not known`: with(func(r *policy.Request) { r.Context = policy.Context{"ec2:Ownr": {"x"}} }),
		"told by the principal":   with(func(r *policy.Request) { r.Context = policy.Context{"aws:UserId": {"x"}} }),
		"want one value":          with(func(r *policy.Request) { r.Context = policy.Context{"ec2:Owner": {"x", "y"}} }),
		`"two": want a number`:    with(func(r *policy.Request) { r.Context = policy.Context{"ec2:RoleDelivery": {"two"}} }),
		"is no ARN":               with(func(r *policy.Request) { r.Context = policy.Context{"ec2:LaunchTemplate": {"lt-1"}} }),
		"want an address":         with(func(r *policy.Request) { r.Context = policy.Context{"aws:SourceIp": {"here"}} }),
	} {
		document := identity(t, `[
			{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NumericLessThan": {"ec2:RoleDelivery": 2}}},
			{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ArnLike": {"ec2:LaunchTemplate": "`+ourTemplate+`"}}},
			{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.1"}}}]`)
		_, err := policy.Evaluate(policy.Policies{Identity: []policy.Document{document}}, request)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
