package policytest

import "github.com/mayfly-ci/mayfly/cloudformation/policy"

// othersWork is what the small functions beside the server do.
func (s Stack) othersWork() []Scenario {
	return []Scenario{
		{Name: "the watchdog looks at instances", As: Tick, Action: "ec2:DescribeInstances", On: nothing(), Want: true},
		{Name: "the watchdog ends an overdue runner", As: Tick, Action: "ec2:TerminateInstances", On: s.instance(own, s.Name), Want: true},
		{Name: "the watchdog writes its log", As: Tick, Action: "logs:PutLogEvents", On: s.stream(s.FunctionLogs, "1"), Want: true},
		{Name: "the web function writes its log", As: Web, Action: "logs:PutLogEvents", On: s.stream(s.FunctionLogs, "1"), Want: true},
		{Name: "the web function queues webhooks", As: Web, Action: "sqs:SendMessage", On: s.on(s.Queue), Want: true},
		{Name: "the web function reads the webhook's secret", As: Web, Action: "secretsmanager:GetSecretValue", On: s.on(s.WebhookSecret), Want: true},
		{Name: "the schedule calls its function", As: Scheduler, Action: "lambda:InvokeFunction", On: s.on(s.Function), Want: true},
	}
}

// workerWorks is what the server needs beside the rest where it is a function of Lambda.
func (s Stack) workerWorks() []Scenario {
	if _, is := s.Roles[Web]; !is {
		return nil
	}
	return []Scenario{
		{Name: "the worker writes its log", As: Server, Action: "logs:PutLogEvents", On: s.stream(s.FunctionLogs, "1"), Want: true},
		{Name: "the worker's event source looks at the queue", As: Server, Action: "sqs:GetQueueAttributes", On: s.on(s.Queue), Want: true},
		{Name: "the worker's event source cannot look at another queue", As: Server, Action: "sqs:GetQueueAttributes", On: s.on(s.arn("sqs", "orders"))},
		{Name: "a stolen worker role cannot write the runners' log", As: Server, Action: "logs:PutLogEvents", On: s.stream(s.RunnerLogs, own)},
	}
}

func (s Stack) othersDoNoMore() []Scenario {
	every := denied("a stolen watchdog role", Tick,
		Scenario{Name: "terminate a foreign instance", Action: "ec2:TerminateInstances", On: s.instance(foreign, "")},
		Scenario{Name: "look at instances of another region", Action: "ec2:DescribeInstances", On: nothing(), Context: policy.Context{"aws:RequestedRegion": {"ap-south-1"}}},
		Scenario{Name: "write the runners' log", Action: "logs:PutLogEvents", On: s.stream(s.RunnerLogs, own)},
		Scenario{Name: "tag a foreign instance", Action: "ec2:CreateTags", On: s.instance(foreign, "")},
		Scenario{Name: "launch", Action: "ec2:RunInstances", On: s.instances(s.usual())},
		Scenario{Name: "read the webhook's secret", Action: "secretsmanager:GetSecretValue", On: s.on(s.WebhookSecret)},
		Scenario{Name: "read the queue", Action: "sqs:ReceiveMessage", On: s.on(s.Queue)},
	)
	every = append(every, denied("a stolen web role", Web,
		Scenario{Name: "write another queue", Action: "sqs:SendMessage", On: s.on(s.arn("sqs", "orders"))},
		Scenario{Name: "write the runners' log", Action: "logs:PutLogEvents", On: s.stream(s.RunnerLogs, own)},
		Scenario{Name: "read the GitHub Apps", Action: "secretsmanager:GetSecretValue", On: s.on(s.GitHubApps)},
		Scenario{Name: "read the queue", Action: "sqs:ReceiveMessage", On: s.on(s.Queue)},
		Scenario{Name: "read the record", Action: "dynamodb:Query", On: s.on(s.Record)},
		Scenario{Name: "write an assignment", Action: "s3:PutObject", On: s.of("runners", own, "assignment.json")},
		Scenario{Name: "launch", Action: "ec2:CreateFleet", On: s.fleet(s.usual())},
	)...)
	return append(every, denied("a stolen scheduler role", Scheduler,
		Scenario{Name: "call another function", Action: "lambda:InvokeFunction", On: s.on(s.arn("lambda", "function:payroll"))},
		Scenario{Name: "change its function", Action: "lambda:UpdateFunctionCode", On: s.on(s.Function)},
	)...)
}

// services are those of AWS that may use the stack's resources.
func (s Stack) services() []Scenario {
	from := func(arn string) policy.Context { return policy.Context{"aws:SourceArn": {arn}} }
	account := func(id string) policy.Context { return policy.Context{"aws:SourceAccount": {id}} }
	return []Scenario{
		{Name: "events of the stack's rule reach the queue", As: "events.amazonaws.com", Action: "sqs:SendMessage", On: s.on(s.Queue), Context: from(s.Rule), Want: true},
		{Name: "events of another rule do not reach the queue", As: "events.amazonaws.com", Action: "sqs:SendMessage", On: s.on(s.Queue), Context: from(s.arn("events", "rule/forged"))},
		{Name: "another service does not reach the queue", As: "sns.amazonaws.com", Action: "sqs:SendMessage", On: s.on(s.Queue), Context: from(s.Rule)},
		{Name: "EventBridge cannot read the queue", As: "events.amazonaws.com", Action: "sqs:ReceiveMessage", On: s.on(s.Queue), Context: from(s.Rule)},
		{Name: "the account's alarms reach the topic", As: "cloudwatch.amazonaws.com", Action: "sns:Publish", On: s.on(s.Topic), Context: account(s.Account), Want: true},
		{Name: "another account's alarms do not reach the topic", As: "cloudwatch.amazonaws.com", Action: "sns:Publish", On: s.on(s.Topic), Context: account("444455556666")},
		{Name: "a service does not read the bucket", As: "events.amazonaws.com", Action: "s3:GetObject", On: s.of("runners", own, "assignment.json")},
	}
}
