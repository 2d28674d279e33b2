package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

const (
	none      = ""
	allowAll  = `{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}`
	allowGet  = `{"Sid": "Get", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`
	allowPut  = `{"Sid": "Put", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}`
	denyGet   = `{"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}`
	toRole    = `{"Sid": "Role", "Effect": "Allow", "Principal": {"AWS": "` + role + `"}, "Action": "s3:GetObject", "Resource": "*"}`
	toSession = `{"Sid": "Session", "Effect": "Allow", "Principal": {"AWS": "` + session + `"}, "Action": "s3:GetObject", "Resource": "*"}`
	toOther   = `{"Sid": "Other", "Effect": "Allow", "Principal": {"AWS": "` + role + `-2"}, "Action": "s3:GetObject", "Resource": "*"}`
	toAll     = `{"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}`
	notToAll  = `{"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}`
	notToUs   = `{"Sid": "No", "Effect": "Deny", "Principal": {"AWS": "` + account + `"}, "Action": "s3:GetObject", "Resource": "*"}`
)

// TestTheOrderOfPolicies is "Determining whether a request is allowed or denied within an account" [logic].
func TestTheOrderOfPolicies(t *testing.T) {
	for name, test := range map[string]struct {
		identity, boundary, resource string
		want                         policy.Verdict
	}{
		"nothing is allowed by default":                  {none, none, none, policy.Verdict{Outcome: policy.NotAllowed}},
		"a statement of the role allows":                 {allowGet, none, none, policy.Verdict{Policy: "role", Sid: "Get"}},
		"a statement of another action does not":         {allowPut, none, none, policy.Verdict{Outcome: policy.NotAllowed}},
		"a Deny wins over an Allow before it":            {allowAll + "," + denyGet, none, none, policy.Verdict{Outcome: policy.Denied, Policy: "role", Sid: "No"}},
		"a Deny wins over an Allow behind it":            {denyGet + "," + allowAll, none, none, policy.Verdict{Outcome: policy.Denied, Policy: "role", Sid: "No"}},
		"a boundary alone allows nothing":                {none, allowAll, none, policy.Verdict{Outcome: policy.NotAllowed}},
		"a boundary that allows it, too, lets pass":      {allowGet, allowAll, none, policy.Verdict{Policy: "role", Sid: "Get"}},
		"a boundary without it limits the role":          {allowAll, allowPut, none, policy.Verdict{Outcome: policy.NotBounded, Policy: "role", Sid: "All"}},
		"a Deny of the boundary wins":                    {allowAll, allowAll + "," + denyGet, none, policy.Verdict{Outcome: policy.Denied, Policy: "boundary", Sid: "No"}},
		"a resource's Allow is enough":                   {none, none, toRole, policy.Verdict{Policy: "bucket", Sid: "Role"}},
		"a resource's Allow for another role is not":     {none, none, toOther, policy.Verdict{Outcome: policy.NotAllowed}},
		"a role's Allow is enough":                       {allowGet, none, toOther, policy.Verdict{Policy: "role", Sid: "Get"}},
		"a resource's Deny wins":                         {allowAll, none, notToAll, policy.Verdict{Outcome: policy.Denied, Policy: "bucket", Sid: "No"}},
		"a resource's Deny for the account wins":         {allowAll, none, notToUs, policy.Verdict{Outcome: policy.Denied, Policy: "bucket", Sid: "No"}},
		"a role's Deny wins over a resource's Allow":     {denyGet, none, toAll, policy.Verdict{Outcome: policy.Denied, Policy: "role", Sid: "No"}},
		"a boundary limits what a resource gives a role": {none, allowPut, toRole, policy.Verdict{Outcome: policy.NotBounded, Policy: "bucket", Sid: "Role"}},
		"but not what it gives a session":                {none, allowPut, toSession, policy.Verdict{Policy: "bucket", Sid: "Session"}},
		"nor what it gives everyone":                     {none, allowPut, toAll, policy.Verdict{Policy: "bucket", Sid: "Public"}},
		"a boundary's Deny limits that, too":             {none, denyGet, toSession, policy.Verdict{Outcome: policy.Denied, Policy: "boundary", Sid: "No"}},
	} {
		t.Run(name, func(t *testing.T) {
			var policies policy.Policies
			if test.identity != none {
				policies.Identity = []policy.Document{identity(t, "["+test.identity+"]")}
			}
			if test.boundary != none {
				policies.Boundary = boundary(t, "["+test.boundary+"]")
			}
			resource := policy.Resource{ARN: object}
			if test.resource != none {
				resource.Policy = ofResource(t, test.resource)
			}
			test.want.Resource = object
			if diff := cmp.Diff(test.want, decide(t, policies, get(resource)).Because()); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAServiceIsAllowedByTheResourceAlone(t *testing.T) {
	const statement = `{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*",
		"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/ec2"}}}`
	for service, rules := range map[string]map[string]bool{
		"events.amazonaws.com": {"rule/ec2": true, "rule/theirs": false},
		"sns.amazonaws.com":    {"rule/ec2": false},
	} {
		for rule, want := range rules {
			request := policy.Request{
				Principal: policy.Principal{Service: service}, Action: "sqs:SendMessage",
				Context:   policy.Context{"aws:SourceArn": {"arn:aws:events:eu-west-1:111122223333:" + rule}},
				Resources: []policy.Resource{{ARN: "arn:aws:sqs:eu-west-1:111122223333:jobs", Policy: ofResource(t, statement)}},
			}
			if got := decide(t, policy.Policies{}, request); got.Allowed() != want {
				t.Errorf("%s for %s: got %s, want allowed %t", service, rule, got, want)
			}
		}
	}
}

// TestEachResourceMustBeAllowed is what [operators] tells of RunInstances, under IfExists: the whole
// statement is evaluated against every resource that the request needs.
func TestEachResourceMustBeAllowed(t *testing.T) {
	const (
		instance = "arn:aws:ec2:eu-west-1:111122223333:instance/*"
		image    = "arn:aws:ec2:eu-west-1::image/ami-1"
	)
	request := policy.Request{Principal: runner, Action: "ec2:RunInstances", Resources: []policy.Resource{
		{ARN: instance, Context: policy.Context{"ec2:InstanceType": {"m7a.large"}}},
		{ARN: image, Context: policy.Context{"ec2:Owner": {account}}},
	}}
	launch := func(operator string) policy.Document {
		return identity(t, `[{"Sid": "Launch", "Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*",
			"Condition": {"`+operator+`": {"ec2:InstanceType": "m7a.*"}}}]`)
	}
	got := decide(t, policy.Policies{Identity: []policy.Document{launch("StringLike")}}, request)
	want := policy.Decision{
		{Resource: instance, Policy: "role", Sid: "Launch"},
		{Resource: image, Outcome: policy.NotAllowed},
	}
	if diff := cmp.Diff(want, got); diff != "" || got.Allowed() {
		t.Errorf("StringLike: got allowed %t, want false; decision (-want +got):\n%s", got.Allowed(), diff)
	}
	if got := decide(t, policy.Policies{Identity: []policy.Document{launch("StringLikeIfExists")}}, request); !got.Allowed() {
		t.Errorf("StringLikeIfExists: got %s, want allowed", got)
	}
}

func TestADecisionIsToldInSentences(t *testing.T) {
	decision := policy.Decision{
		{Resource: "a", Policy: "role", Sid: "Get"},
		{Resource: "b", Policy: "role", Sid: "Get", Outcome: policy.NotBounded},
		{Resource: "c", Outcome: policy.NotAllowed},
		{Resource: "d", Policy: "boundary", Sid: "number 2", Outcome: policy.Denied},
	}
	want := `a: allowed by statement Get of role
b: allowed by statement Get of role, but not by the permissions boundary
c: no statement allows it
d: denied by statement number 2 of boundary`
	if diff := cmp.Diff(want, decision.String()); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
}
