package policytest

import "github.com/mayfly-ci/mayfly/cloudformation/policy"

// runnerWorks is what the agent does on every instance.
func (s Stack) runnerWorks() []Scenario {
	works := []Scenario{
		{Name: "a runner reads its own assignment", As: Runner, Action: "s3:GetObject", On: s.of("runners", own, "assignment.json"), Want: true},
		{Name: "a runner deletes its own assignment", As: Runner, Action: "s3:DeleteObject", On: s.of("runners", own, "assignment.json"), Want: true},
		{Name: "a runner fetches the agent", As: Runner, Action: "s3:GetObject", On: s.object("agents/0123abcd"), Want: true},
		{Name: "a runner reports", As: Runner, Action: "s3:PutObject", On: s.of("reports", own, "1.json"), Want: true},
		{Name: "a runner makes its log's stream", As: Runner, Action: "logs:CreateLogStream", On: s.stream(s.RunnerLogs, own), Want: true},
		{Name: "a runner writes its log", As: Runner, Action: "logs:PutLogEvents", On: s.stream(s.RunnerLogs, own), Want: true},
	}
	if s.DoorOff {
		works = append(works, Scenario{Name: "a runner closes its own metadata", As: Runner, Action: "ec2:ModifyInstanceMetadataOptions", On: s.instance(own, s.Name), Want: true})
	}
	return works
}

// stolenRunner is a job that has the instance's role, as it is or with AdministratorAccess attached. It can
// reach neither other runners nor the control plane.
func (s Stack) stolenRunner(as string) []Scenario {
	who := "a stolen runner role"
	if as == Administrator {
		who += " with AdministratorAccess"
	}
	return append(s.stolenRunnerReaches(who, as), s.stolenRunnerAttacks(who, as)...)
}

func (s Stack) stolenRunnerReaches(who, as string) []Scenario {
	plain := policy.Context{"aws:SecureTransport": {"false"}}
	oldCredentials := policy.Context{"ec2:RoleDelivery": {"1.0"}}
	return denied(who, as,
		Scenario{Name: "read another runner's assignment", Action: "s3:GetObject", On: s.of("runners", sibling, "assignment.json")},
		Scenario{Name: "delete another runner's assignment", Action: "s3:DeleteObject", On: s.of("runners", sibling, "assignment.json")},
		Scenario{Name: "read an assignment whose name begins as its own", Action: "s3:GetObject", On: s.of("runners", own+"0", "assignment.json")},
		Scenario{Name: "write its own assignment", Action: "s3:PutObject", On: s.of("runners", own, "assignment.json")},
		Scenario{Name: "report for another runner", Action: "s3:PutObject", On: s.of("reports", sibling, "1.json")},
		Scenario{Name: "read another runner's report", Action: "s3:GetObject", On: s.of("reports", sibling, "1.json")},
		Scenario{Name: "replace the agent", Action: "s3:PutObject", On: s.object("agents/0123abcd")},
		Scenario{Name: "list the bucket", Action: "s3:ListBucket", On: s.on(s.Bucket)},
		Scenario{Name: "change the bucket's policy", Action: "s3:PutBucketPolicy", On: s.on(s.Bucket)},
		Scenario{Name: "read its assignment in plain HTTP", Action: "s3:GetObject", On: s.of("runners", own, "assignment.json"), Context: plain},
		Scenario{Name: "use credentials of the first metadata version", Action: "s3:GetObject", On: s.of("runners", own, "assignment.json"), Context: oldCredentials},
		Scenario{Name: "read the GitHub Apps", Action: "secretsmanager:GetSecretValue", On: s.on(s.GitHubApps)},
		Scenario{Name: "read the webhook's secret", Action: "secretsmanager:GetSecretValue", On: s.on(s.WebhookSecret)},
		Scenario{Name: "put a webhook into the queue", Action: "sqs:SendMessage", On: s.on(s.Queue)},
		Scenario{Name: "take messages from the queue", Action: "sqs:ReceiveMessage", On: s.on(s.Queue)},
		Scenario{Name: "read the record", Action: "dynamodb:GetItem", On: s.on(s.Record)},
		Scenario{Name: "read the record by its index", Action: "dynamodb:Query", On: s.on(s.Record + "/index/live-items")},
		Scenario{Name: "write the record", Action: "dynamodb:PutItem", On: s.on(s.Record)},
		Scenario{Name: "write the metric of the usage alarm", Action: "cloudwatch:PutMetricData", On: nothing(), Context: metrics("Mayfly")},
		Scenario{Name: "silence an alarm", Action: "cloudwatch:DisableAlarmActions", On: s.on(s.arn("cloudwatch", "alarm:"+s.Name+"-UsageAlarm-1"))},
		Scenario{Name: "alert", Action: "sns:Publish", On: s.on(s.Topic)},
		Scenario{Name: "delete the runners' logs", Action: "logs:DeleteLogGroup", On: s.logs()},
		Scenario{Name: "read another runner's log", Action: "logs:GetLogEvents", On: s.stream(s.RunnerLogs, sibling)},
		Scenario{Name: "search the runners' logs", Action: "logs:FilterLogEvents", On: s.logs()},
		Scenario{Name: "shorten how long logs are kept", Action: "logs:PutRetentionPolicy", On: s.logs()},
		Scenario{Name: "write the functions' log", Action: "logs:PutLogEvents", On: s.stream(s.FunctionLogs, "2026/04/30/1")},
		Scenario{Name: "change the function", Action: "lambda:UpdateFunctionCode", On: s.on(s.Function)},
	)
}

// stolenRunnerAttacks are ways to end, change or read another machine of the stack, or to have Mayfly do so.
func (s Stack) stolenRunnerAttacks(who, as string) []Scenario {
	tag := policy.Context{"aws:RequestTag/mayfly-stack": {s.Name}, "aws:TagKeys": {"mayfly-stack"}}
	return denied(who, as,
		Scenario{Name: "terminate a sibling", Action: "ec2:TerminateInstances", On: s.instance(sibling, s.Name)},
		Scenario{Name: "terminate a sibling when EC2 does not tell who asks", Action: "ec2:TerminateInstances", On: s.instance(sibling, s.Name),
			Context: policy.Context{"ec2:SourceInstanceARN": nil}},
		Scenario{Name: "stop a sibling", Action: "ec2:StopInstances", On: s.instance(sibling, s.Name)},
		Scenario{Name: "change a sibling's user data", Action: "ec2:ModifyInstanceAttribute", On: s.instance(sibling, s.Name)},
		Scenario{Name: "open a sibling's metadata", Action: "ec2:ModifyInstanceMetadataOptions", On: s.instance(sibling, s.Name)},
		Scenario{Name: "give a sibling another role", Action: "ec2:ReplaceIamInstanceProfileAssociation", On: s.instance(sibling, s.Name)},
		Scenario{Name: "read a sibling's console", Action: "ec2:GetConsoleOutput", On: s.instance(sibling, s.Name)},
		Scenario{Name: "get a shell on a sibling", Action: "ssm:SendCommand", On: s.instance(sibling, s.Name)},
		Scenario{Name: "log in to a sibling", Action: "ec2-instance-connect:SendSSHPublicKey", On: s.instance(sibling, s.Name)},
		Scenario{Name: "tag a sibling", Action: "ec2:CreateTags", On: s.instance(sibling, s.Name), Context: policy.Context{"aws:TagKeys": {"x"}}},
		Scenario{Name: "take a sibling's tag away", Action: "ec2:DeleteTags", On: s.instance(sibling, s.Name), Context: policy.Context{"aws:TagKeys": {"mayfly-stack"}}},
		Scenario{Name: "take its own tag away, to outlive the sweep", Action: "ec2:DeleteTags", On: s.instance(own, s.Name), Context: policy.Context{"aws:TagKeys": {"mayfly-stack"}}},
		Scenario{Name: "tag a foreign instance as a runner, to have it terminated", Action: "ec2:CreateTags", On: s.instance(foreign, ""), Context: tag},
		Scenario{Name: "promote an image of its own", Action: "ec2:CreateTags", On: s.on("arn:" + s.Partition + ":ec2:" + s.Region + "::image/ami-0f"), Context: policy.Context{"aws:TagKeys": {"Name", "mayfly:promoted"}}},
		Scenario{Name: "take a promotion away", Action: "ec2:DeleteTags", On: s.on("arn:" + s.Partition + ":ec2:" + s.Region + "::image/ami-0a"), Context: policy.Context{"aws:TagKeys": {"mayfly:promoted"}}},
		Scenario{Name: "replace a sibling's root volume", Action: "ec2:CreateReplaceRootVolumeTask", On: s.instance(sibling, s.Name)},
		Scenario{Name: "export a sibling", Action: "ec2:CreateInstanceExportTask", On: s.instance(sibling, s.Name)},
		Scenario{Name: "crash a sibling", Action: "ec2:SendDiagnosticInterrupt", On: s.instance(sibling, s.Name)},
		Scenario{Name: "take a sibling's role away", Action: "ec2:DisassociateIamInstanceProfile", On: s.instance(sibling, s.Name)},
		Scenario{Name: "have a sibling run a document", Action: "ssm:CreateAssociation", On: s.instance(sibling, s.Name)},
		Scenario{Name: "attach a disk of its own to a sibling", Action: "ec2:AttachVolume", On: append(s.volume(""), s.instance(sibling, s.Name)...)},
		Scenario{Name: "plug a sibling into another network", Action: "ec2:AttachNetworkInterface", On: append(s.tagged("network-interface", "eni-0f", ""), s.instance(sibling, s.Name)...)},
		Scenario{Name: "move a runner's network interface to another group", Action: "ec2:ModifyNetworkInterfaceAttribute", On: s.tagged("network-interface", "eni-0d", s.Name)},
		Scenario{Name: "open the runners' security group", Action: "ec2:AuthorizeSecurityGroupIngress", On: s.tagged("security-group", s.Group, s.Name)},
		Scenario{Name: "route the runners' traffic by way of itself", Action: "ec2:ReplaceRoute", On: s.tagged("route-table", "rtb-0d", s.Name)},
		Scenario{Name: "image a sibling", Action: "ec2:CreateImage", On: s.instance(sibling, s.Name)},
		Scenario{Name: "snapshot a disk", Action: "ec2:CreateSnapshot", On: s.volume(s.Name)},
		Scenario{Name: "attach a disk of a runner", Action: "ec2:AttachVolume", On: append(s.volume(s.Name), s.instance(own, s.Name)...)},
		Scenario{Name: "take a disk from a runner", Action: "ec2:DetachVolume", On: append(s.volume(s.Name), s.instance(sibling, s.Name)...)},
		Scenario{Name: "change the launch template", Action: "ec2:CreateLaunchTemplateVersion", On: s.tagged("launch-template", s.Templates[0], s.Name)},
		Scenario{Name: "launch a runner", Action: "ec2:RunInstances", On: s.instances(s.usual()), Context: policy.Context{"aws:TagKeys": {"mayfly-stack"}}},
		Scenario{Name: "hand a role on", Action: "iam:PassRole", On: s.on(s.RunnerRole), Context: policy.Context{"iam:PassedToService": {"ec2.amazonaws.com"}}},
		Scenario{Name: "lift its boundary", Action: "iam:DeleteRolePermissionsBoundary", On: s.on(s.RunnerRole)},
		Scenario{Name: "change the boundary", Action: "iam:CreatePolicyVersion", On: s.on("arn:" + s.Partition + ":iam::" + s.Account + ":policy/boundary")},
		Scenario{Name: "change the stack", Action: "cloudformation:UpdateStack", On: s.on(s.arn("cloudformation", "stack/"+s.Name+"/1"))},
	)
}

// runnerHasNothingElse is what a runner's role has no use for, and AdministratorAccess may.
func (s Stack) runnerHasNothingElse() []Scenario {
	return denied("a stolen runner role", Runner,
		Scenario{Name: "look at instances", Action: "ec2:DescribeInstances", On: nothing()},
		Scenario{Name: "terminate itself by EC2", Action: "ec2:TerminateInstances", On: s.instance(own, s.Name)},
		Scenario{Name: "read a bucket of the customer's", Action: "s3:GetObject", On: s.on("arn:" + s.Partition + ":s3:::customers/key")},
		Scenario{Name: "write a bucket of the customer's", Action: "s3:PutObject", On: s.on("arn:" + s.Partition + ":s3:::customers/key")},
		Scenario{Name: "write a log of the customer's", Action: "logs:PutLogEvents", On: s.stream("/customers/audit", "1")},
		Scenario{Name: "open a foreign instance's metadata", Action: "ec2:ModifyInstanceMetadataOptions", On: s.instance(foreign, "")},
		Scenario{Name: "write metrics at all", Action: "cloudwatch:PutMetricData", On: nothing(), Context: metrics("Anything")},
		Scenario{Name: "decrypt", Action: "kms:Decrypt", On: s.on(s.arn("kms", "key/1"))},
	)
}

// administratorWorks is what a customer attaches a policy to runners for; the boundary leaves it.
func (s Stack) administratorWorks() []Scenario {
	return []Scenario{
		{Name: "a customer's policy lets runners read the customer's bucket", As: Administrator, Action: "s3:GetObject", On: s.on("arn:" + s.Partition + ":s3:::customers/key"), Want: true},
		{Name: "a customer's policy lets runners read the customer's secret", As: Administrator, Action: "secretsmanager:GetSecretValue", On: s.on(s.arn("secretsmanager", "secret:database-AbCdEf")), Want: true},
		{Name: "a customer's policy lets runners write the customer's metrics", As: Administrator, Action: "cloudwatch:PutMetricData", On: nothing(), Context: metrics("Builds"), Want: true},
		{Name: "a customer's policy lets runners launch machines of the customer's", As: Administrator, Action: "ec2:RunInstances",
			On: s.instances(s.with(func(l *launch) { l.tag, l.group, l.template = "", "sg-0f", "lt-0f" })), Want: true},
		{Name: "a customer's policy lets runners terminate machines of the customer's", As: Administrator, Action: "ec2:TerminateInstances", On: s.instance(foreign, ""), Want: true},
		{Name: "a customer's policy lets a runner terminate itself", As: Administrator, Action: "ec2:TerminateInstances", On: s.instance(own, s.Name), Want: true},
		{Name: "a customer's policy lets runners tag machines of the customer's", As: Administrator, Action: "ec2:CreateTags", On: s.instance(foreign, ""),
			Context: policy.Context{"aws:TagKeys": {"team"}}, Want: true},
		{Name: "a customer's policy lets runners tag images of the customer's", As: Administrator, Action: "ec2:CreateTags", On: s.on("arn:" + s.Partition + ":ec2:" + s.Region + "::image/ami-0f"),
			Context: policy.Context{"aws:TagKeys": {"team"}}, Want: true},
		{Name: "a customer's policy lets runners snapshot disks of the customer's", As: Administrator, Action: "ec2:CreateSnapshot", On: s.volume(""), Want: true},
	}
}
