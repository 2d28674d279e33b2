package cloudformation_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	logs "github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
	"github.com/mayfly-ci/mayfly/server/alert/sns"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
	"github.com/mayfly-ci/mayfly/server/usage/cloudwatch"
)

// to IAM some operations are others. Source: docs.aws.amazon.com, Service Authorization Reference, and for a fleet
// EC2 User Guide, "EC2 Fleet prerequisites".
var permissionsOf = map[string][]string{
	"sqs:DeleteMessageBatch":      {"sqs:DeleteMessage"},
	"dynamodb:TransactWriteItems": {"dynamodb:ConditionCheckItem", "dynamodb:PutItem"},
	"ec2:CreateFleet":             {"ec2:CreateFleet", "ec2:CreateTags", "ec2:RunInstances", "iam:CreateServiceLinkedRole", "iam:PassRole"},
}

func permissions(operations ...[]string) []string {
	all := map[string]bool{}
	for _, operation := range slices.Concat(operations...) {
		needed, is := permissionsOf[operation]
		if !is {
			needed = []string{operation}
		}
		for _, one := range needed {
			all[one] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// wanted is what each role calls, by the code of whoever has it.
func wanted(parameters map[string]string) map[string][]string {
	serversBucket := slices.DeleteFunc(bucket.Operations(), func(one string) bool { return one == "s3:DeleteObject" }) // the agent deletes
	server := [][]string{
		instance.Operations(), sqs.Operations(), dynamodb.Operations(), secretsmanager.Operations(), sns.Operations(), cloudwatch.Operations(), serversBucket,
	}
	runner := [][]string{bucket.Operations(), logs.Operations()}
	own := []string{"logs:CreateLogStream", "logs:PutLogEvents"} // a function's, of Lambda itself
	if parameters["ServerPlatform"] == "Lambda" {
		server = append(server, own, []string{"sqs:GetQueueAttributes"}) // the event source calls it
	}
	if parameters["AlertKeyArn"] != "" {
		server = append(server, []string{"kms:Decrypt", "kms:GenerateDataKey"}) // SNS calls them
	}
	if parameters["ImdsMode"] == "off" {
		runner = append(runner, []string{"ec2:ModifyInstanceMetadataOptions"}) // agent/door
	}
	return map[string][]string{
		"ServerRole":    permissions(server...),
		"RunnerRole":    permissions(runner...),
		"TickRole":      permissions(instance.GuardOperations(), own),
		"WebRole":       permissions([]string{"sqs:SendMessage"}, secretsmanager.Operations(), own),
		"SchedulerRole": {"lambda:InvokeFunction"},
		"ImageRole":     {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"},
		"FlowRole":      {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
	}
}

func TestEachRoleMayDoWhatItsCodeDoesAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, parameters map[string]string, made template.Stack) {
		want := wanted(parameters)
		for _, name := range made.Of("AWS::IAM::Role") {
			got := map[string]bool{}
			for _, one := range statements(made.Resources[name]) {
				if at(one, "Effect") == "Allow" {
					for _, action := range texts(at(one, "Action")) {
						got[action] = true
					}
				}
			}
			if diff := cmp.Diff(want[name], slices.Sorted(maps.Keys(got))); diff != "" {
				t.Errorf("%s, -code +template:\n%s", name, diff)
			}
		}
	})
}

// statements are all that a role's own policies have.
func statements(role template.Resource) (all []any) {
	policies, _ := role.Properties["Policies"].([]any)
	for _, policy := range policies {
		all = append(all, at(policy, "PolicyDocument", "Statement").([]any)...)
	}
	return all
}

// texts are one text or several.
func texts(value any) (all []string) {
	if one, is := value.(string); is {
		return []string{one}
	}
	list, _ := value.([]any)
	for _, one := range list {
		all = append(all, one.(string))
	}
	return all
}

// everywhere are the actions that IAM knows no resource for, or whose statement has a condition in its place.
var everywhere = []string{
	"cloudwatch:PutMetricData", "ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances", "ec2:DescribeSubnets", "ecr:GetAuthorizationToken",
}

func TestNoRoleIsGivenWhatHasNoName(t *testing.T) { // W11, CKV_AWS_107 to 111
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::IAM::Role") {
			for _, one := range statements(made.Resources[name]) {
				if at(one, "Effect") != "Allow" {
					continue
				}
				for _, action := range texts(at(one, "Action")) {
					if strings.Contains(action, "*") || slices.Contains(texts(at(one, "Resource")), "*") && !slices.Contains(everywhere, action) {
						t.Errorf("%s: %v: got %s on %v, want an action by its name, and resources by theirs", name, at(one, "Sid"), action, at(one, "Resource"))
					}
				}
				if at(one, "NotAction") != nil || at(one, "NotResource") != nil {
					t.Errorf("%s: %v allows all but something", name, at(one, "Sid"))
				}
			}
		}
	})
}

// Source: docs.aws.amazon.com, IAM User Guide, "IAM and AWS STS quotas": 10,240 characters for all policies in a role,
// 6,144 for a managed one, without spaces. The names of a real stack are longer than those here, so some are left.
func TestPoliciesAreShortEnough(t *testing.T) {
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::IAM::Role") {
			wantShort(t, name, statements(made.Resources[name]), 9000)
		}
		for _, name := range made.Of("AWS::IAM::ManagedPolicy") {
			wantShort(t, name, made.Resources[name].Properties["PolicyDocument"], 5000)
		}
	})
}

func wantShort(t *testing.T, name string, policy any, most int) {
	t.Helper()
	body, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > most {
		t.Errorf("%s: got %d characters, want %d at most", name, len(body), most)
	}
}

func TestEveryRoleHasItsBoundary(t *testing.T) {
	each(t, func(t *testing.T, parameters map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::IAM::Role") {
			var want any
			if given := parameters["ServerPermissionsBoundary"]; given != "" {
				want = given
			}
			if name == "RunnerRole" {
				want = orElse(parameters["RunnerPermissionsBoundary"], "arn:aws:iam::123456789012:policy/ci-RunnerBoundary")
			}
			if got := made.Resources[name].Properties["PermissionsBoundary"]; got != want {
				t.Errorf("%s: boundary: got %v, want %v", name, got, want)
			}
		}
	})
}
