package cloudformation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
	"github.com/mayfly-ci/mayfly/cloudformation/policytest"
	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

func TestWhatTheRolesMayDo(t *testing.T) {
	for name, parameters := range map[string]map[string]string{
		"App Runner":         {},
		"Lambda":             {"ServerPlatform": "Lambda", "ServerImage": ""},
		"private subnets":    {"PrivateSubnets": "true", "NatGateways": "One"},
		"an existing VPC":    {"VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b"},
		"the door off":       {"ImdsMode": "off"},
		"a policy for jobs":  {"ImdsMode": "open", "RunnerCustomPolicyArn": "arn:aws:iam::123456789012:policy/jobs"},
		"an encrypted topic": {"AlertKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/0a1b"},
	} {
		t.Run(name, func(t *testing.T) { policytest.Run(t, asked(t, parameters, stack(t, parameters))) })
	}
}

// asked is a stack as scenarios ask about it.
func asked(t *testing.T, parameters map[string]string, made template.Stack) policytest.Stack {
	t.Helper()
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":" + template.Region + ":" + template.Account + ":" + resource
	}
	subnets := servers(made)[0]["MAYFLY_SUBNETS"] + "," + servers(made)[0]["MAYFLY_PRIVATE_SUBNETS"]
	asked := policytest.Stack{
		Partition: "aws", Region: template.Region, Account: template.Account, Name: template.StackName,
		Roles:      map[string]policytest.Role{},
		RunnerRole: "arn:aws:iam::" + template.Account + ":role/ci-RunnerRole",
		Profile:    "arn:aws:iam::" + template.Account + ":instance-profile/ci-RunnerProfileOfRole",
		Bucket:     "arn:aws:s3:::ci-controlbucket",
		Queue:      arn("sqs", "ci-Queue"), Record: arn("dynamodb", "table/ci-Record"), Topic: arn("sns", "ci-AlertTopic"),
		GitHubApps: arn("secretsmanager", "secret:GitHubApps-AbCdEf"), WebhookSecret: arn("secretsmanager", "secret:WebhookSecret-AbCdEf"),
		RunnerLogs: "/mayfly/ci/RunnerLogs", FunctionLogs: "/mayfly/ci/FunctionLogs", Rule: arn("events", "rule/ci-ReportRule"),
		Function:   at(made.Resources["Schedule"].Properties, "Target", "Arn").(string),
		Templates:  []string{"lt-templatex64", "lt-templatearm64"},
		Subnets:    strings.Split(strings.Trim(subnets, ","), ","),
		Group:      "sg-RunnerSecurityGroup",
		ImageOwner: "099720109477", InstanceType: "m7a.large",
		DoorOff: parameters["ImdsMode"] == "off",
	}
	asked.Policies = map[string]policy.Document{
		asked.Bucket: ofResource(t, made, "ControlBucketPolicy"),
		asked.Queue:  ofResource(t, made, "QueuePolicy"),
		asked.Topic:  ofResource(t, made, "AlertTopicPolicy"),
	}
	for name, resource := range map[string]string{
		policytest.Server: "ServerRole", policytest.Runner: "RunnerRole", policytest.Tick: "TickRole",
		policytest.Web: "WebRole", policytest.Scheduler: "SchedulerRole",
	} {
		if _, has := made.Resources[resource]; has {
			asked.Roles[name] = roleOf(t, made, resource)
		}
	}
	return asked
}

func ofResource(t *testing.T, made template.Stack, name string) policy.Document {
	t.Helper()
	document, err := policy.OfResource(name, at(made.Resources[name].Properties, "PolicyDocument").(map[string]any))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// roleOf is a role with its own policies, and the boundary if that is the stack's.
func roleOf(t *testing.T, made template.Stack, name string) policytest.Role {
	t.Helper()
	role := policytest.Role{ARN: "arn:aws:iam::" + template.Account + ":role/ci-" + name, ID: template.RoleID}
	for _, written := range made.Resources[name].Properties["Policies"].([]any) {
		role.Policies.Identity = append(role.Policies.Identity, identity(t, name+"/"+at(written, "PolicyName").(string), written))
	}
	boundaries := made.Of("AWS::IAM::ManagedPolicy")
	if arn, has := made.Resources[name].Properties["PermissionsBoundary"].(string); has {
		boundary := arn[strings.LastIndex(arn, "/ci-")+len("/ci-"):]
		if !slices.Contains(boundaries, boundary) {
			t.Fatalf("%s: permissions boundary: got %s, want one of %q", name, arn, boundaries)
		}
		document := identity(t, boundary, made.Resources[boundary].Properties)
		role.Policies.Boundary = &document
	}
	return role
}

func identity(t *testing.T, name string, properties any) policy.Document {
	t.Helper()
	document, err := policy.Identity(name, at(properties, "PolicyDocument").(map[string]any))
	if err != nil {
		t.Fatal(err)
	}
	return document
}
