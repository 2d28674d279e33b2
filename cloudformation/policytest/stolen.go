package policytest

import (
	"slices"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// denied makes one sentence of each line: what somebody cannot do, on what.
func denied(who, as string, lines ...Scenario) []Scenario {
	for i := range lines {
		lines[i].Name, lines[i].As = who+" cannot "+lines[i].Name, as
	}
	return lines
}

// stolenServerTouches is whoever has the server's role, and wants what is not a runner, or more of one.
func (s Stack) stolenServerTouches() []Scenario {
	tag := policy.Context{"aws:RequestTag/mayfly-stack": {s.Name}, "aws:TagKeys": {"mayfly-stack"}}
	byVolume := policy.Context{"aws:RequestTag/mayfly-stack": {s.Name}, "ec2:CreateAction": {"CreateVolume"}}
	passed := func(service string) policy.Context { return policy.Context{"iam:PassedToService": {service}} }
	return denied("a stolen server role", Server,
		Scenario{Name: "tag a foreign instance, to terminate it", Action: "ec2:CreateTags", On: s.instance(foreign, ""), Context: tag},
		Scenario{Name: "tag a foreign instance by way of a new volume", Action: "ec2:CreateTags", On: s.instance(foreign, ""), Context: byVolume},
		Scenario{Name: "give an instance another stack's tag while it launches it", Action: "ec2:CreateTags", On: s.instance("*", ""),
			Context: policy.Context{"aws:RequestTag/mayfly-stack": {"production"}, "ec2:CreateAction": {"RunInstances"}}},
		Scenario{Name: "take a runner's tag away", Action: "ec2:DeleteTags", On: s.instance(own, s.Name), Context: policy.Context{"aws:TagKeys": {"mayfly-stack"}}},
		Scenario{Name: "terminate a foreign instance", Action: "ec2:TerminateInstances", On: s.instance(foreign, "")},
		Scenario{Name: "terminate another stack's runner", Action: "ec2:TerminateInstances", On: s.instance(sibling, "production")},
		Scenario{Name: "terminate a foreign instance together with a runner", Action: "ec2:TerminateInstances",
			On: slices.Concat(s.instance(own, s.Name), s.instance(foreign, ""))},
		Scenario{Name: "stop a runner", Action: "ec2:StopInstances", On: s.instance(own, s.Name)},
		Scenario{Name: "start a runner", Action: "ec2:StartInstances", On: s.instance(own, s.Name)},
		Scenario{Name: "change a runner's user data", Action: "ec2:ModifyInstanceAttribute", On: s.instance(own, s.Name)},
		Scenario{Name: "open a runner's metadata", Action: "ec2:ModifyInstanceMetadataOptions", On: s.instance(own, s.Name)},
		Scenario{Name: "get a shell on a runner", Action: "ssm:SendCommand", On: s.instance(own, s.Name)},
		Scenario{Name: "log in to a runner", Action: "ec2-instance-connect:SendSSHPublicKey", On: s.instance(own, s.Name)},
		Scenario{Name: "read a runner's console", Action: "ec2:GetConsoleOutput", On: s.instance(own, s.Name)},
		Scenario{Name: "snapshot a runner's disk", Action: "ec2:CreateSnapshot", On: s.volume(s.Name)},
		Scenario{Name: "change the launch template", Action: "ec2:CreateLaunchTemplateVersion", On: s.tagged("launch-template", s.Templates[0], s.Name)},
		Scenario{Name: "open the runners' security group", Action: "ec2:AuthorizeSecurityGroupIngress", On: s.tagged("security-group", s.Group, s.Name)},
		Scenario{Name: "look at instances of another region", Action: "ec2:DescribeInstances", On: nothing(), Context: policy.Context{"aws:RequestedRegion": {"ap-south-1"}}},
		Scenario{Name: "hand EC2 another role", Action: "iam:PassRole", On: s.on(s.role("admin")), Context: passed("ec2.amazonaws.com")},
		Scenario{Name: "hand EC2 its own role", Action: "iam:PassRole", On: s.on(s.Roles[Server].ARN), Context: passed("ec2.amazonaws.com")},
		Scenario{Name: "hand the runners' role to a function", Action: "iam:PassRole", On: s.on(s.RunnerRole), Context: passed("lambda.amazonaws.com")},
		Scenario{Name: "hand the runners' role to whoever it may be", Action: "iam:PassRole", On: s.on(s.RunnerRole)},
		Scenario{Name: "give itself a policy", Action: "iam:PutRolePolicy", On: s.on(s.Roles[Server].ARN)},
		Scenario{Name: "make the linked role of another service", Action: "iam:CreateServiceLinkedRole",
			On: s.on(s.role("aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")), Context: policy.Context{"iam:AWSServiceName": {"ecs.amazonaws.com"}}},
		Scenario{Name: "make spot's linked role for another service", Action: "iam:CreateServiceLinkedRole",
			On: s.on(s.role("aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot")), Context: policy.Context{"iam:AWSServiceName": {"ecs.amazonaws.com"}}},
		Scenario{Name: "change a function", Action: "lambda:UpdateFunctionCode", On: s.on(s.Function)},
	)
}

// stolenServerReads is whoever has the server's role, and wants what the stack keeps.
func (s Stack) stolenServerReads() []Scenario {
	plain := policy.Context{"aws:SecureTransport": {"false"}}
	return denied("a stolen server role", Server,
		Scenario{Name: "read an assignment back", Action: "s3:GetObject", On: s.of("runners", own, "assignment.json")},
		Scenario{Name: "list the bucket", Action: "s3:ListBucket", On: s.on(s.Bucket)},
		Scenario{Name: "replace the agent", Action: "s3:PutObject", On: s.object("agents/0123abcd")},
		Scenario{Name: "forge a report", Action: "s3:PutObject", On: s.of("reports", own, "1.json")},
		Scenario{Name: "write another bucket", Action: "s3:PutObject", On: s.on("arn:" + s.Partition + ":s3:::customers/runners/x")},
		Scenario{Name: "change the bucket's policy", Action: "s3:PutBucketPolicy", On: s.on(s.Bucket)},
		Scenario{Name: "write an assignment in plain HTTP", Action: "s3:PutObject", On: s.of("runners", own, "assignment.json"), Context: plain},
		Scenario{Name: "read the queue in plain HTTP", Action: "sqs:ReceiveMessage", On: s.on(s.Queue), Context: plain},
		Scenario{Name: "alert in plain HTTP", Action: "sns:Publish", On: s.on(s.Topic), Context: plain},
		Scenario{Name: "empty the queue", Action: "sqs:PurgeQueue", On: s.on(s.Queue)},
		Scenario{Name: "read another queue", Action: "sqs:ReceiveMessage", On: s.on(s.arn("sqs", "orders"))},
		Scenario{Name: "read all of the record at once", Action: "dynamodb:Scan", On: s.on(s.Record)},
		Scenario{Name: "delete from the record", Action: "dynamodb:DeleteItem", On: s.on(s.Record)},
		Scenario{Name: "delete the record", Action: "dynamodb:DeleteTable", On: s.on(s.Record)},
		Scenario{Name: "read another table", Action: "dynamodb:Query", On: s.on(s.arn("dynamodb", "table/orders"))},
		Scenario{Name: "read another secret", Action: "secretsmanager:GetSecretValue", On: s.on(s.arn("secretsmanager", "secret:database-AbCdEf"))},
		Scenario{Name: "replace the GitHub Apps", Action: "secretsmanager:PutSecretValue", On: s.on(s.GitHubApps)},
		Scenario{Name: "write metrics of somebody else", Action: "cloudwatch:PutMetricData", On: nothing(), Context: metrics("Billing")},
		Scenario{Name: "silence an alarm", Action: "cloudwatch:DisableAlarmActions", On: s.on(s.arn("cloudwatch", "alarm:"+s.Name+"-UsageAlarm-1"))},
		Scenario{Name: "tell another topic", Action: "sns:Publish", On: s.on(s.arn("sns", "pager"))},
		Scenario{Name: "subscribe to the alerts", Action: "sns:Subscribe", On: s.on(s.Topic)},
		Scenario{Name: "delete the runners' logs", Action: "logs:DeleteLogGroup", On: s.logs()},
	)
}

// logs is the runners' log group; IAM knows it with ":*" behind.
func (s Stack) logs() []policy.Resource { return s.on(s.arn("logs", "log-group:"+s.RunnerLogs+":*")) }

// stream is a stream of a log group.
func (s Stack) stream(group, name string) []policy.Resource {
	return s.on(s.arn("logs", "log-group:"+group+":log-stream:"+name))
}
