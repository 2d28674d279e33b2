package policytest

import (
	"fmt"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// serverWorks is what the server does all day. What is denied here is an outage.
func (s Stack) serverWorks() []Scenario {
	tagging := func(by string) policy.Context {
		return policy.Context{"ec2:CreateAction": {by}, "aws:RequestTag/mayfly-stack": {s.Name}, "aws:TagKeys": {"mayfly-stack", "mayfly-launch"}}
	}
	here := s.of("runners", own, "assignment.json")
	return []Scenario{
		{Name: "the server launches runners of its template", As: Server, Action: "ec2:RunInstances", On: s.instances(s.usual()), Want: true},
		{Name: "the server launches runners of the account's own images", As: Server, Action: "ec2:RunInstances",
			On: s.instances(s.with(func(l *launch) { l.owner = s.Account })), Want: true},
		{Name: "the server launches runners of its other template, in its other subnet", As: Server, Action: "ec2:RunInstances",
			On: s.instances(s.with(func(l *launch) { l.template, l.subnet = s.Templates[1], s.Subnets[1] })), Want: true},
		{Name: "the server asks for a fleet of them", As: Server, Action: "ec2:CreateFleet", On: s.fleet(s.usual()), Want: true},
		{Name: "the server tags a fleet while it is made", As: Server, Action: "ec2:CreateTags", On: s.tagged("fleet", "*", ""), Context: tagging("CreateFleet"), Want: true},
		{Name: "the server tags an instance while it is launched", As: Server, Action: "ec2:CreateTags", On: s.instance("*", ""), Context: tagging("RunInstances"), Want: true},
		{Name: "the server tags an instance while its fleet is made", As: Server, Action: "ec2:CreateTags", On: s.instance("*", ""), Context: tagging("CreateFleet"), Want: true},
		{Name: "the server tags a volume while it is launched", As: Server, Action: "ec2:CreateTags", On: s.volume(""), Context: tagging("RunInstances"), Want: true},
		{Name: "the server hands EC2 the runners' role", As: Server, Action: "iam:PassRole", On: s.on(s.RunnerRole), Context: policy.Context{"iam:PassedToService": {"ec2.amazonaws.com"}}, Want: true},
		{Name: "the server makes the account's first spot instance possible", As: Server, Action: "iam:CreateServiceLinkedRole",
			On: s.on(s.role("aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot")), Context: policy.Context{"iam:AWSServiceName": {"spot.amazonaws.com"}}, Want: true},
		{Name: "the server ends a runner of its stack", As: Server, Action: "ec2:TerminateInstances", On: s.instance(own, s.Name), Want: true},
		{Name: "the server looks at instances", As: Server, Action: "ec2:DescribeInstances", On: nothing(), Want: true},
		{Name: "the server looks for images", As: Server, Action: "ec2:DescribeImages", On: nothing(), Want: true},
		{Name: "the server writes an assignment", As: Server, Action: "s3:PutObject", On: here, Want: true},
		{Name: "the server reads a report", As: Server, Action: "s3:GetObject", On: s.of("reports", own, "1.json"), Want: true},
		{Name: "the server puts a webhook into the queue", As: Server, Action: "sqs:SendMessage", On: s.on(s.Queue), Want: true},
		{Name: "the server takes messages from the queue", As: Server, Action: "sqs:ReceiveMessage", On: s.on(s.Queue), Want: true},
		{Name: "the server acknowledges messages", As: Server, Action: "sqs:DeleteMessage", On: s.on(s.Queue), Want: true},
		{Name: "the server writes the record", As: Server, Action: "dynamodb:PutItem", On: s.on(s.Record), Want: true},
		{Name: "the server checks its lease", As: Server, Action: "dynamodb:ConditionCheckItem", On: s.on(s.Record), Want: true},
		{Name: "the server reads what is unfinished in the record", As: Server, Action: "dynamodb:Query", On: s.on(s.Record + "/index/live-items"), Want: true},
		{Name: "the server reads the GitHub Apps", As: Server, Action: "secretsmanager:GetSecretValue", On: s.on(s.GitHubApps), Want: true},
		{Name: "the server reads the webhook's secret", As: Server, Action: "secretsmanager:GetSecretValue", On: s.on(s.WebhookSecret), Want: true},
		{Name: "the server counts runners' minutes", As: Server, Action: "cloudwatch:PutMetricData", On: nothing(), Context: metrics("Mayfly"), Want: true},
		{Name: "the server alerts", As: Server, Action: "sns:Publish", On: s.on(s.Topic), Want: true},
	}
}

func metrics(namespace string) policy.Context {
	return policy.Context{"cloudwatch:namespace": {namespace}}
}

// stolenServerLaunches is whoever has the server's role, and wants other machines of it than runners.
func (s Stack) stolenServerLaunches() []Scenario {
	var scenarios []Scenario
	run := func(name string, change func(*launch)) {
		scenarios = append(scenarios, Scenario{Name: "a stolen server role cannot launch " + name, As: Server, Action: "ec2:RunInstances", On: s.instances(s.with(change))})
	}
	fleet := func(name string, change func(*launch)) {
		scenarios = append(scenarios, Scenario{Name: "a stolen server role cannot ask for a fleet " + name, As: Server, Action: "ec2:CreateFleet", On: s.fleet(s.with(change))})
	}
	run("another owner's image", func(l *launch) { l.owner = "444455556666" })
	run("an image of the marketplace", func(l *launch) { l.owner = "aws-marketplace" })
	run("an image whose owner is not told", func(l *launch) { l.owner = "" })
	run("with another instance profile", func(l *launch) { l.profile = "arn:" + s.Partition + ":iam::" + s.Account + ":instance-profile/admin" })
	run("without an instance profile", func(l *launch) { l.profile = "" })
	run("into another subnet", func(l *launch) { l.subnet = "subnet-0f" })
	run("into another security group", func(l *launch) { l.group = "sg-0f" })
	run("another instance type", func(l *launch) { l.instanceType = "p5.48xlarge" })
	run("an instance type that begins like one that is allowed", func(l *launch) { l.instanceType = "u-12tb1.metal" })
	run("with metadata of version 1", func(l *launch) { l.tokens = "optional" })
	run("with metadata whose version is not told", func(l *launch) { l.tokens = "" })
	run("with metadata that containers reach", func(l *launch) { l.hops = "2" })
	run("with a volume that is not encrypted", func(l *launch) { l.encrypted = "false" })
	run("without the stack's tag", func(l *launch) { l.tag = "" })
	run("with another stack's tag", func(l *launch) { l.tag = "production" })
	run("in another region", func(l *launch) { l.region = "ap-south-1" })
	for _, template := range []string{"", "lt-0f"} {
		for _, part := range s.instances(s.with(func(l *launch) { l.template = template })) {
			scenarios = append(scenarios, Scenario{
				Name: fmt.Sprintf("a stolen server role cannot launch from template %q, not even %s", template, part.ARN),
				As:   Server, Action: "ec2:RunInstances", On: []policy.Resource{part},
			})
		}
	}
	fleet("of another owner's image", func(l *launch) { l.owner = "444455556666" })
	fleet("in another subnet", func(l *launch) { l.subnet = "subnet-0f" })
	fleet("in another security group", func(l *launch) { l.group = "sg-0f" })
	fleet("of another template", func(l *launch) { l.template = "lt-0f" })
	fleet("without the stack's tag", func(l *launch) { l.tag = "" })
	return scenarios
}
