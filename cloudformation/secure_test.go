package cloudformation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// What checkov, cfn-nag and Control Tower ask for is named beside each check.

func TestInstancesAreClosed(t *testing.T) { // CKV_AWS_79, CT.EC2.PR.1, CT.EC2.PR.2, CKV_AWS_3, CT.EC2.PR.7
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		templates := made.Of("AWS::EC2::LaunchTemplate")
		if len(templates) != 2 {
			t.Fatalf("launch templates: got %v, want one of each architecture", templates)
		}
		for _, name := range templates {
			data := made.Resources[name].Properties["LaunchTemplateData"]
			if got := at(data, "MetadataOptions", "HttpTokens"); got != "required" {
				t.Errorf("%s: HttpTokens: got %v, want required", name, got)
			}
			if got := at(data, "MetadataOptions", "HttpPutResponseHopLimit"); got != 1 {
				t.Errorf("%s: hop limit: got %v, want 1", name, got)
			}
			if got := at(data, "InstanceInitiatedShutdownBehavior"); got != "terminate" {
				t.Errorf("%s: shutdown: got %v, want terminate", name, got)
			}
			for _, never := range []string{"KeyName", "ImageId", "InstanceType", "NetworkInterfaces"} {
				if got := at(data, never); got != nil {
					t.Errorf("%s: %s: got %v, want none", name, never, got)
				}
			}
			disks, _ := at(data, "BlockDeviceMappings").([]any)
			for _, disk := range disks {
				if got := at(disk, "DeviceName"); got == "/dev/sda1" || got == "/dev/xvda" || at(disk, "Ebs", "Encrypted") != true {
					t.Errorf("%s: disk: got %v, want no root, and it encrypted", name, disk)
				}
			}
			wantTagged(t, name, data, "volume", "network-interface")
		}
	})
}

func wantTagged(t *testing.T, name string, data any, kinds ...string) {
	t.Helper()
	var got []string
	for _, one := range at(data, "TagSpecifications").([]any) {
		if kind := at(one, "ResourceType").(string); tagged(at(one, "Tags")) {
			got = append(got, kind)
		}
	}
	if !slices.Equal(got, kinds) { // spot requests are never tagged: on-demand launches would fail
		t.Errorf("%s: tagged: got %v, want %v", name, got, kinds)
	}
}

func tagged(tags any) bool {
	list, _ := tags.([]any)
	return slices.ContainsFunc(list, func(tag any) bool {
		return at(tag, "Key") == runner.TagStack && at(tag, "Value") == template.StackName
	})
}

func TestNobodyComesInButWhoIsLetIn(t *testing.T) { // CKV_AWS_24, CKV_AWS_260, W2
	each(t, func(t *testing.T, parameters map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::EC2::SecurityGroup") {
			if got := made.Resources[name].Properties["SecurityGroupIngress"]; got != nil {
				t.Errorf("%s: got ingress %v, want none", name, got)
			}
		}
		rules := made.Of("AWS::EC2::SecurityGroupIngress")
		if parameters["SSHAllowed"] != "true" {
			if len(rules) > 0 {
				t.Errorf("ingress: got %v, want none", rules)
			}
			return
		}
		for _, name := range rules {
			rule := made.Resources[name].Properties
			if rule["FromPort"] != 22 || rule["ToPort"] != 22 || rule["IpProtocol"] != "tcp" || rule["CidrIp"] != parameters["SshCidr"] || rule["CidrIpv6"] != nil {
				t.Errorf("%s: got %v, want port 22 from %s alone", name, rule, parameters["SshCidr"])
			}
		}
	})
}

func TestRestrictedEgressIsHTTPSAlone(t *testing.T) {
	for mode, want := range map[string]any{"open": nil, "restricted": 443} {
		rules := stack(t, map[string]string{"Egress": mode}).Resources["RunnerSecurityGroup"].Properties["SecurityGroupEgress"].([]any)
		if len(rules) != 1 || at(rules[0], "ToPort") != want || at(rules[0], "FromPort") != want {
			t.Errorf("%s: got %v, want one rule, port %v", mode, rules, want)
		}
	}
}

func TestStateIsKeptSafe(t *testing.T) {
	made := stack(t, nil)
	for name, test := range map[string]struct {
		resource string
		path     []string
		want     any
	}{
		"the record is encrypted":       {"Record", []string{"SSESpecification", "SSEEnabled"}, true},                                 // CKV_AWS_119
		"the record can be restored":    {"Record", []string{"PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"}, true}, // CKV_AWS_28
		"the queue is encrypted":        {"Queue", []string{"SqsManagedSseEnabled"}, true},                                            // CKV_AWS_27
		"dead letters are encrypted":    {"DeadLetters", []string{"SqsManagedSseEnabled"}, true},
		"the queue has dead letters":    {"Queue", []string{"RedrivePolicy", "maxReceiveCount"}, 10},                            // docs/lambda.md: a wait for the lease uses some up
		"no public ACLs":                {"ControlBucket", []string{"PublicAccessBlockConfiguration", "BlockPublicAcls"}, true}, // CKV_AWS_53 to 56
		"no public policy":              {"ControlBucket", []string{"PublicAccessBlockConfiguration", "BlockPublicPolicy"}, true},
		"public ACLs are ignored":       {"ControlBucket", []string{"PublicAccessBlockConfiguration", "IgnorePublicAcls"}, true},
		"public buckets are restricted": {"ControlBucket", []string{"PublicAccessBlockConfiguration", "RestrictPublicBuckets"}, true},
		"no versions":                   {"ControlBucket", []string{"VersioningConfiguration"}, nil},
		"reports become events":         {"ControlBucket", []string{"NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled"}, true},
	} {
		if got := at(made.Resources[test.resource].Properties, test.path...); got != test.want {
			t.Errorf("%s: %s %v: got %v, want %v", name, test.resource, test.path, got, test.want)
		}
	}
}

func TestOnlyTheRecordOutlivesItsStack(t *testing.T) {
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for name, resource := range made.Resources {
			if got, want := resource.Keeps, name == "Record"; got != want {
				t.Errorf("%s: kept is %v, want %v", name, got, want)
			}
		}
	})
}

func TestAssignmentsLiveForADay(t *testing.T) {
	rules := at(stack(t, nil).Resources["ControlBucket"].Properties, "LifecycleConfiguration", "Rules").([]any)
	if !slices.ContainsFunc(rules, func(rule any) bool {
		return at(rule, "Prefix") == "runners/" && at(rule, "ExpirationInDays") == 1 && at(rule, "Status") == "Enabled"
	}) {
		t.Errorf("got rules %v, want one of a day for runners/", rules)
	}
}

func TestThePoliciesOfResourcesDemandTLS(t *testing.T) {
	made := stack(t, nil)
	for _, name := range []string{"ControlBucketPolicy", "QueuePolicy", "AlertTopicPolicy"} {
		statements := at(made.Resources[name].Properties, "PolicyDocument", "Statement").([]any)
		if !slices.ContainsFunc(statements, func(one any) bool {
			return at(one, "Effect") == "Deny" && at(one, "Principal") == "*" && at(one, "Condition", "Bool", "aws:SecureTransport") == "false"
		}) {
			t.Errorf("%s: got %v, want what denies all without TLS", name, statements)
		}
	}
}

func TestLogsHaveAnEnd(t *testing.T) { // CKV_AWS_66
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::Logs::LogGroup") {
			if got := made.Resources[name].Properties["RetentionInDays"]; got != "30" {
				t.Errorf("%s: retention: got %v, want 30", name, got)
			}
		}
	})
}

// untagged are the types that take no tags.
var untagged = []string{
	"AWS::EC2::Route", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment", "AWS::IAM::InstanceProfile",
	"AWS::IAM::ManagedPolicy", "AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule", "AWS::CloudWatch::Dashboard",
}

func TestWhatTakesTagsHasOurs(t *testing.T) {
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for name, resource := range made.Resources {
			if slices.Contains(untagged, resource.Type) {
				continue
			}
			tags := resource.Properties["Tags"]
			if resource.Type == "AWS::EC2::LaunchTemplate" {
				tags = at(resource.Properties["TagSpecifications"].([]any)[0], "Tags")
			}
			if !tagged(tags) {
				t.Errorf("%s has tags %v, want %s", name, tags, runner.TagStack)
			}
		}
	})
}

func TestSecretsAreMadeOrEmptyAndNeverParameters(t *testing.T) {
	each(t, func(t *testing.T, _ map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::SecretsManager::Secret") {
			properties := made.Resources[name].Properties
			length, _ := at(properties, "GenerateSecretString", "PasswordLength").(int)
			if properties["SecretString"] != nil || name != "GitHubApps" && length < 32 {
				t.Errorf("%s: got %v, want a secret that is made, or is put in later", name, properties)
			}
		}
	})
	for name := range read(t).Section("Parameters") {
		if strings.HasSuffix(name, "Secret") || strings.HasSuffix(name, "Token") || strings.HasSuffix(name, "Password") {
			t.Errorf("%s is a parameter: use a secret", name)
		}
	}
}

// The boundary is made before the service is, so the one has to guess the other's name.
func TestTheBoundaryKnowsTheServicesName(t *testing.T) {
	made := stack(t, nil)
	name := at(made.Resources["Service"].Properties, "ServiceName").(string)
	want := "arn:aws:apprunner:eu-west-1:123456789012:service/" + name + "/*"
	denied := at(made.Resources["RunnerBoundary"].Properties, "PolicyDocument", "Statement").([]any)
	if !slices.ContainsFunc(denied, func(one any) bool {
		return at(one, "Effect") == "Deny" && slices.Contains(texts(at(one, "Action")), "apprunner:*") && slices.Contains(texts(at(one, "Resource")), want)
	}) {
		t.Errorf("nothing denies runners %s", want)
	}
	if len(name) > 40 { // docs.aws.amazon.com, App Runner API, CreateService
		t.Errorf("the service's name: got %q of %d letters, want 40 at most", name, len(name))
	}
}
