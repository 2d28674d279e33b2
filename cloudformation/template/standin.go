package template

import (
	"fmt"
	"strings"
)

// Where a stack stands that has no other place, and what it is called.
const (
	Region    = "eu-west-1"
	Account   = "123456789012"
	StackName = "ci"
)

// RoleID is the id of every role.
const RoleID = "AROAEXAMPLEEXAMPLE000"

// kind is what AWS gives of a type of resources: what Ref is, and the attributes. A % is the resource's name, and
// an # the same in small letters.
type kind struct {
	ref        string
	attributes map[string]string
}

func arn(service, what string) string {
	return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + what
}

var kinds = map[string]kind{
	"AWS::DynamoDB::Table":                     {"ci-%", map[string]string{"Arn": arn("dynamodb", "table/ci-%")}},
	"AWS::SQS::Queue":                          {"https://sqs." + Region + ".amazonaws.com/" + Account + "/ci-%", map[string]string{"Arn": arn("sqs", "ci-%"), "QueueName": "ci-%"}},
	"AWS::S3::Bucket":                          {"ci-#", map[string]string{"Arn": "arn:aws:s3:::ci-#"}},
	"AWS::SecretsManager::Secret":              {arn("secretsmanager", "secret:%-AbCdEf"), nil},
	"AWS::Logs::LogGroup":                      {"/mayfly/ci/%", map[string]string{"Arn": arn("logs", "log-group:/mayfly/ci/%:*")}},
	"AWS::SNS::Topic":                          {arn("sns", "ci-%"), nil},
	"AWS::Events::Rule":                        {"ci-%", map[string]string{"Arn": arn("events", "rule/ci-%")}},
	"AWS::CloudWatch::Dashboard":               {"ci-%", nil},
	"AWS::EC2::VPC":                            {"vpc-%", nil},
	"AWS::EC2::InternetGateway":                {"igw-%", nil},
	"AWS::EC2::RouteTable":                     {"rtb-%", nil},
	"AWS::EC2::Subnet":                         {"subnet-#", nil},
	"AWS::EC2::NatGateway":                     {"nat-%", nil},
	"AWS::EC2::EIP":                            {"192.0.2.1", map[string]string{"AllocationId": "eipalloc-%"}},
	"AWS::EC2::SecurityGroup":                  {"sg-%", map[string]string{"GroupId": "sg-%"}},
	"AWS::EC2::LaunchTemplate":                 {"lt-#", map[string]string{"LatestVersionNumber": "1"}},
	"AWS::IAM::Role":                           {"ci-%", map[string]string{"Arn": "arn:aws:iam::" + Account + ":role/ci-%", "RoleId": RoleID}},
	"AWS::IAM::InstanceProfile":                {"ci-%", map[string]string{"Arn": "arn:aws:iam::" + Account + ":instance-profile/ci-%"}},
	"AWS::IAM::ManagedPolicy":                  {"arn:aws:iam::" + Account + ":policy/ci-%", nil},
	"AWS::Lambda::Function":                    {"ci-%", map[string]string{"Arn": arn("lambda", "function:ci-%")}},
	"AWS::Lambda::Url":                         {arn("lambda", "function:ci-%"), map[string]string{"FunctionUrl": "https://abc.lambda-url." + Region + ".on.aws/"}},
	"AWS::AppRunner::AutoScalingConfiguration": {arn("apprunner", "autoscalingconfiguration/ci/1/ab"), map[string]string{"AutoScalingConfigurationArn": arn("apprunner", "autoscalingconfiguration/ci/1/ab")}},
	"AWS::AppRunner::Service":                  {arn("apprunner", "service/mayfly-0a1b2c3d/0a1b"), map[string]string{"ServiceArn": arn("apprunner", "service/mayfly-0a1b2c3d/0a1b"), "ServiceUrl": "abc." + Region + ".awsapprunner.com"}},
}

// standIn gives what is told from a resource's name.
func standIn(name, written, attribute string) (string, error) {
	known, is := kinds[written]
	if !is {
		return "", fmt.Errorf("%s is a %s, which nobody has taught this package", name, written)
	}
	form := known.ref
	if attribute != "" {
		if form, is = known.attributes[attribute]; !is {
			return "", fmt.Errorf("%s.%s is an attribute that nobody has taught this package", name, attribute)
		}
	}
	return strings.NewReplacer("%", name, "#", strings.ToLower(name)).Replace(form), nil
}
