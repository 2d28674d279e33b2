package policy_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// values of a key in a request; gone is a request without the key.
func values(of ...string) []string { return of }

var gone []string

const (
	ourTemplate   = "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-1"
	theirTemplate = "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-2"
)

// TestOperators are the tables of [operators]; of each operator what it matches, what it does not, and
// what it makes of a missing key.
func TestOperators(t *testing.T) {
	for _, test := range []struct {
		operator, key string
		policy        []string
		request       []string
		want          bool
	}{
		{"StringEquals", "ec2:Owner", values("self"), values("self"), true},
		{"StringEquals", "ec2:Owner", values("self"), values("Self"), false},
		{"StringEquals", "ec2:Owner", values("s*"), values("self"), false},
		{"StringEquals", "ec2:Owner", values("s*?"), values("s*?"), true},
		{"StringEquals", "ec2:Owner", values("self", "amazon"), values("amazon"), true}, // OR [values]
		{"StringEquals", "ec2:Owner", values("self"), gone, false},
		{"StringEquals", "ec2:Owner", values(""), values(""), true},
		{"StringEquals", "EC2:owner", values("self"), values("self"), true},
		{"StringNotEquals", "ec2:Owner", values("self"), values("amazon"), true},
		{"StringNotEquals", "ec2:Owner", values("self"), values("self"), false},
		{"StringNotEquals", "ec2:Owner", values("self", "amazon"), values("amazon"), false}, // NOR [values]
		{"StringNotEquals", "ec2:Owner", values("self"), gone, true},
		{"StringEqualsIgnoreCase", "ec2:Owner", values("self"), values("SELF"), true},
		{"StringEqualsIgnoreCase", "ec2:Owner", values("s*"), values("self"), false},
		{"StringEqualsIgnoreCase", "ec2:Owner", values("self"), gone, false},
		{"StringNotEqualsIgnoreCase", "ec2:Owner", values("self"), values("SELF"), false},
		{"StringNotEqualsIgnoreCase", "ec2:Owner", values("self"), gone, true},
		{"StringLike", "ec2:InstanceType", values("m7?.*"), values("m7a.large"), true},
		{"StringLike", "ec2:InstanceType", values("m7?.*"), values("m7.large"), false},
		{"StringLike", "ec2:InstanceType", values("M7a.*"), values("m7a.large"), false},
		{"StringLike", "ec2:InstanceType", values("m7a.*"), gone, false},
		{"StringNotLike", "ec2:InstanceType", values("m7a.*", "c7a.*"), values("c7a.large"), false},
		{"StringNotLike", "ec2:InstanceType", values("m7a.*", "c7a.*"), values("p5.48xlarge"), true},
		{"StringNotLike", "ec2:InstanceType", values("m7a.*"), gone, true},
		{"ArnEquals", "ec2:LaunchTemplate", values(ourTemplate), values(ourTemplate), true},
		{"ArnEquals", "ec2:LaunchTemplate", values(ourTemplate), values(theirTemplate), false},
		{"ArnEquals", "ec2:LaunchTemplate", values("arn:aws:ec2:*:*:launch-template/*"), values(theirTemplate), true}, // as ArnLike
		{"ArnLike", "ec2:LaunchTemplate", values("arn:aws:ec2:*:*:launch-template/lt-?"), values(ourTemplate), true},
		{"ArnLike", "ec2:LaunchTemplate", values(ourTemplate), gone, false},
		{"ArnNotEquals", "ec2:LaunchTemplate", values(ourTemplate), values(theirTemplate), true},
		{"ArnNotEquals", "ec2:LaunchTemplate", values(ourTemplate), gone, true},
		{"ArnNotLike", "ec2:LaunchTemplate", values("arn:aws:ec2:*:*:launch-template/*"), values(ourTemplate), false},
		// The example of [operators]: of an ARN, each part is compared on its own.
		{"ArnLike", "aws:SourceArn", values("arn:aws:someservice:*:111122223333:finance/*"),
			values("arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"), false},
		{"StringLike", "aws:SourceArn", values("arn:aws:someservice:*:111122223333:finance/*"),
			values("arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"), true},
		{"NumericEquals", "ec2:RoleDelivery", values("2"), values("2.0"), true},
		{"NumericEquals", "ec2:RoleDelivery", values("2"), values("2.1"), false},
		{"NumericNotEquals", "ec2:RoleDelivery", values("2"), values("2.0"), false},
		{"NumericNotEquals", "ec2:RoleDelivery", values("2"), gone, true},
		{"NumericLessThan", "ec2:RoleDelivery", values("2.0"), values("1.0"), true},
		{"NumericLessThan", "ec2:RoleDelivery", values("2.0"), values("2.0"), false},
		{"NumericLessThan", "ec2:RoleDelivery", values("10"), values("9"), true}, // as numbers, not as text
		{"NumericLessThan", "ec2:RoleDelivery", values("2.0"), gone, false},
		{"NumericLessThanEquals", "ec2:VolumeSize", values("100"), values("100"), true},
		{"NumericLessThanEquals", "ec2:VolumeSize", values("100"), values("101"), false},
		{"NumericGreaterThan", "ec2:MetadataHttpPutResponseHopLimit", values("1"), values("2"), true},
		{"NumericGreaterThan", "ec2:MetadataHttpPutResponseHopLimit", values("1"), values("1"), false},
		{"NumericGreaterThan", "ec2:MetadataHttpPutResponseHopLimit", values("1"), gone, false},
		{"NumericGreaterThanEquals", "ec2:VolumeSize", values("100"), values("100"), true},
		{"NumericGreaterThanEquals", "ec2:VolumeSize", values("100"), values("-99.5"), false},
		{"DateEquals", "aws:CurrentTime", values("2026-04-30"), values("2026-04-30T00:00:00Z"), true},
		{"DateEquals", "aws:EpochTime", values("1777507200"), values("2026-04-30T02:00+02:00"), true},
		{"DateNotEquals", "aws:CurrentTime", values("2026-04-30"), values("2026-04-30T00:00:00.5Z"), true},
		{"DateNotEquals", "aws:CurrentTime", values("2026-04-30"), gone, true},
		{"DateLessThan", "aws:CurrentTime", values("2026-04-30"), values("2026-04-29T23:59:59Z"), true},
		{"DateLessThan", "aws:CurrentTime", values("2026-04-30"), gone, false},
		{"DateLessThanEquals", "aws:CurrentTime", values("2026-04-30"), values("2026-04-30"), true},
		{"DateGreaterThan", "aws:TokenIssueTime", values("2026-04-30"), values("2026-04-30"), false},
		{"DateGreaterThan", "aws:TokenIssueTime", values("2026-04-30"), values("2026-05-01"), true},
		{"DateGreaterThanEquals", "aws:TokenIssueTime", values("2026-04-30"), values("2026-04-30"), true},
		{"Bool", "aws:SecureTransport", values("false"), values("false"), true},
		{"Bool", "aws:SecureTransport", values("false"), values("true"), false},
		{"Bool", "aws:SecureTransport", values("false"), gone, false},
		{"IpAddress", "aws:SourceIp", values("203.0.113.0/24"), values("203.0.113.9"), true},
		{"IpAddress", "aws:SourceIp", values("203.0.113.0/24"), values("203.0.114.9"), false},
		{"IpAddress", "aws:SourceIp", values("203.0.113.9"), values("203.0.113.9"), true},
		{"IpAddress", "aws:SourceIp", values("203.0.113.9"), values("203.0.113.8"), false},
		{"IpAddress", "aws:SourceIp", values("203.0.113.0/24", "2001:DB8:1234:5678::/64"), values("2001:db8:1234:5678::1"), true},
		{"IpAddress", "aws:SourceIp", values("203.0.113.0/24"), gone, false},
		{"NotIpAddress", "aws:SourceIp", values("203.0.113.0/24"), values("203.0.113.9"), false},
		{"NotIpAddress", "aws:SourceIp", values("203.0.113.0/24"), gone, true},
		{"Null", "ec2:Owner", values("true"), gone, true},
		{"Null", "ec2:Owner", values("true"), values("self"), false},
		{"Null", "ec2:Owner", values("false"), values("self"), true},
		{"Null", "ec2:Owner", values("false"), gone, false},
		{"Null", "aws:TagKeys", values("false"), values(""), false}, // exists, but is null
		// IfExists: a missing key is true, whatever the operator.
		{"StringEqualsIfExists", "ec2:Owner", values("self"), gone, true},
		{"StringEqualsIfExists", "ec2:Owner", values("self"), values("amazon"), false},
		{"StringNotEqualsIfExists", "ec2:Owner", values("self"), gone, true},
		{"NumericLessThanIfExists", "ec2:RoleDelivery", values("2.0"), gone, true},
		{"ArnLikeIfExists", "ec2:LaunchTemplate", values(ourTemplate), values(theirTemplate), false},
		// Sets: all, or any, of the request's values [sets].
		{"ForAllValues:StringEquals", "aws:TagKeys", values("a", "b"), values("a"), true},
		{"ForAllValues:StringEquals", "aws:TagKeys", values("a", "b"), values("b", "a"), true},
		{"ForAllValues:StringEquals", "aws:TagKeys", values("a", "b"), values("a", "c"), false},
		{"ForAllValues:StringEquals", "aws:TagKeys", values("a"), gone, true},
		{"ForAllValues:StringEquals", "aws:TagKeys", values("a"), values(""), true},
		{"ForAllValues:StringNotEquals", "aws:TagKeys", values("a", "b"), values("c", "d"), true},
		{"ForAllValues:StringNotEquals", "aws:TagKeys", values("a", "b"), values("c", "a"), false},
		{"ForAllValues:StringLike", "aws:TagKeys", values("key1*"), values("key1:legal", "key1:hr"), true},
		{"ForAllValues:StringLike", "aws:TagKeys", values("key1*"), values("key1:legal", "key2:hr"), false},
		{"ForAnyValue:StringEquals", "aws:TagKeys", values("a", "b"), values("c", "b"), true},
		{"ForAnyValue:StringEquals", "aws:TagKeys", values("a", "b"), values("c"), false},
		{"ForAnyValue:StringEquals", "aws:TagKeys", values("a"), gone, false},
		{"ForAnyValue:StringNotEquals", "aws:TagKeys", values("a"), values("a", "b"), true},
		{"ForAnyValue:StringNotEquals", "aws:TagKeys", values("a"), values("a"), false},
		{"ForAnyValue:StringNotEquals", "aws:TagKeys", values("a"), gone, false},
		{"ForAnyValue:StringEqualsIfExists", "aws:TagKeys", values("a"), gone, true},
		// Variables, in text and ARNs [variables].
		{"StringEquals", "s3:prefix", values("${aws:userid}/"), values("AROA1:i-0a/"), true},
		{"StringLike", "s3:prefix", values("${aws:userid}/*"), values("AROA1:i-0b/x"), false},
		{"StringLike", "s3:prefix", values("a${*}"), values("ab"), false},
		{"StringEquals", "s3:prefix", values("${$}{x}"), values("${x}"), true},
		{"ArnEquals", "ec2:SourceInstanceARN", values("arn:aws:ec2:eu-west-1:111122223333:instance/${aws:PrincipalAccount}"),
			values("arn:aws:ec2:eu-west-1:111122223333:instance/111122223333"), true},
	} {
		condition := map[string]any{test.operator: map[string]any{test.key: test.policy}}
		if got := meets(t, condition, policy.Context{test.key: test.request}); got != test.want {
			t.Errorf("%s %s %q, request %q: got %t, want %t", test.operator, test.key, test.policy, test.request, got, test.want)
		}
	}
}

// meets says whether a statement with the condition applies.
func meets(t *testing.T, condition map[string]any, context policy.Context) bool {
	t.Helper()
	text, err := json.Marshal(condition)
	if err != nil {
		t.Fatal(err)
	}
	request := get(policy.Resource{ARN: object, Context: context})
	return allows(t, fmt.Sprintf(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": %s}`, text), request)
}

// Operators are evaluated with AND, as are the keys of one [values].
func TestEachConditionMustHold(t *testing.T) {
	condition := map[string]any{
		"StringEquals": map[string]any{"ec2:Owner": "self", "ec2:CreateAction": "RunInstances"},
		"Bool":         map[string]any{"ec2:Encrypted": true},
	}
	for _, test := range []struct {
		owner, action, encrypted string
		want                     bool
	}{
		{"self", "RunInstances", "true", true},
		{"else", "RunInstances", "true", false},
		{"self", "CreateVolume", "true", false},
		{"self", "RunInstances", "false", false},
	} {
		context := policy.Context{"ec2:Owner": {test.owner}, "ec2:CreateAction": {test.action}, "ec2:Encrypted": {test.encrypted}}
		if got := meets(t, condition, context); got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
	}
}

// What AWS tells of a role's session is there without the request's saying so [keys].
func TestThePrincipalIsInEveryRequest(t *testing.T) {
	for key, want := range map[string]string{
		"aws:userid": "AROA1:i-0a", "aws:PrincipalArn": role, "aws:PrincipalAccount": account,
		"aws:PrincipalType": "AssumedRole",
	} {
		if !meets(t, map[string]any{"StringEquals": map[string]any{key: want}}, nil) {
			t.Errorf("%s: got another value, want %s", key, want)
		}
	}
	if !meets(t, map[string]any{"Bool": map[string]any{"aws:PrincipalIsAWSService": "false"}}, nil) {
		t.Error("aws:PrincipalIsAWSService: got true, want false")
	}
}
