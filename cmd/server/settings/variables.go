package settings

import (
	"time"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Variables are all there are. What is no more than a field of server.Config or of its policy is named
// after it.
var Variables = []Variable{
	// Where it stands.
	{"MAYFLY_STACK", "name of the stack: its runners are named after it, its instances tagged with it", "letters, digits and dashes", Required, false,
		text(func(s *Settings) *string { return &s.Server.Stack }, `[A-Za-z0-9][A-Za-z0-9-]*`)},
	{"AWS_REGION", "AWS region", "a region's name: eu-west-1", Required, false,
		text(func(s *Settings) *string { return &s.Server.Region }, `[a-z]{2,4}(-[a-z]+)+-[0-9]+`)},
	{"MAYFLY_LISTEN", "address to listen on", "host:port, or :port", ":8080", false,
		text(func(s *Settings) *string { return &s.Listen }, `.*:[0-9]{1,5}`)},
	{"MAYFLY_TABLE", "the record's table in DynamoDB", "a table's name", Required, false,
		text(func(s *Settings) *string { return &s.Table }, `[A-Za-z0-9._-]{3,255}`)},
	{"MAYFLY_QUEUE_URL", "the queue in SQS", "a queue's URL: https://sqs.…", Required, false,
		text(func(s *Settings) *string { return &s.QueueURL }, `https?://.+/.+`)},
	{"MAYFLY_BUCKET", "the bucket of assignments and reports", "a bucket's name", Required, false,
		text(func(s *Settings) *string { return &s.Bucket }, `[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`)},
	{"MAYFLY_ALERT_TOPIC", "SNS topic of alerts", anARN, "the log", false,
		text(func(s *Settings) *string { return &s.AlertTopic }, `arn:.+`)},
	{"MAYFLY_USAGE_METRIC", "whether CloudWatch is told of runners' minutes, and how old the oldest image is", aYes, "false", false,
		yes(func(s *Settings) *bool { return &s.UsageMetric })},

	// GitHub.
	{"MAYFLY_GITHUB_APPS_ARN", "secret that holds the GitHub Apps, [{\"id\": 12345, \"key\": \"…\"}]; it may be empty yet", anARN, Required, false,
		text(func(s *Settings) *string { return &s.Apps }, `arn:.+`)},
	{"MAYFLY_WEBHOOK_SECRET_ARN", "secret that GitHub signs webhooks with; it may be empty yet", anARN, Required, false,
		text(func(s *Settings) *string { return &s.Webhook }, `arn:.+`)},
	{"MAYFLY_GITHUB_URL", "GitHub's API", "a URL: https://HOST/api/v3 of an Enterprise Server", "https://api.github.com", false,
		text(func(s *Settings) *string { return &s.GitHubURL }, `https?://.+`)},
	{"MAYFLY_CA_BUNDLE", "certificates that are trusted beside the system's", "a file's path, PEM", "none", false,
		text(func(s *Settings) *string { return &s.CABundle }, `.+`)},
	{"MAYFLY_RUNNER_GROUP", "runner group of each organisation that the runners are in", "a group's name", "none: each is registered in its job's repository alone", false,
		text(func(s *Settings) *string { return &s.Server.RunnerGroup }, `.+`)},
	{"MAYFLY_ALLOWED_OWNERS", "owners whose jobs are taken", "names, separated by commas", "all that installed the App", false,
		list(func(s *Settings) *[]string { return &s.Server.AllowedOwners }, `[A-Za-z0-9](?:[A-Za-z0-9_-]*)`)},
	{"MAYFLY_ALLOW_PUBLIC", "whether jobs of public repositories get runners", aYes, "false", false,
		yes(func(s *Settings) *bool { return &s.Server.AllowPublic })},
	{"MAYFLY_ALLOW_FORKS", "whether jobs whose code is of a fork get runners", aYes, "false", false,
		yes(func(s *Settings) *bool { return &s.Server.AllowForks })},

	// Who may come in.
	{"MAYFLY_TICK_TOKEN", "what whoever calls /internal/tick has to have: where there is one, the last webhook in flight waits for its pass, " +
		"as a CPU needs that is on only while a request is", aToken, "none: nobody may", true,
		token(func(s *Settings) *secret.Text { return &s.Server.TickToken })},
	{"MAYFLY_METRICS_TOKEN", "what whoever reads /metrics has to have", aToken, "none: nobody may", true,
		token(func(s *Settings) *secret.Text { return &s.Server.MetricsToken })},
	{"MAYFLY_ADMIN_TOKEN", "what whoever looks at the page below /admin has to have", aToken, "none: nobody may", true,
		token(func(s *Settings) *secret.Text { return &s.Server.AdminToken })},

	// What is launched, and where.
	{"MAYFLY_ROLE_ID", "id of the instances' role", "an id, AROA…", Required, false,
		text(func(s *Settings) *string { return &s.Server.RoleID }, `AROA[A-Z0-9]+`)},
	{"MAYFLY_TEMPLATE_X64", "launch template of x64 instances", aTemplate, "none: no x64 runners", false, template(runner.X64)},
	{"MAYFLY_TEMPLATE_ARM64", "launch template of arm64 instances", aTemplate, "none: no arm64 runners", false, template(runner.ARM64)},
	{"MAYFLY_IMAGE_X64", "image of x64 instances", anImage, "none: no x64 runners", false, image(runner.X64)},
	{"MAYFLY_IMAGE_ARM64", "image of arm64 instances", anImage, "none: no arm64 runners", false, image(runner.ARM64)},
	{"MAYFLY_IMAGES", "images that labels may name", "name=image, separated by commas, the image as in MAYFLY_IMAGE_X64", "none", false, namedImages},
	{"MAYFLY_IMAGE_OWNERS", "accounts whose images are trusted, beside those in the images' settings", accounts, "self", false,
		list(func(s *Settings) *[]string { return &s.ImageOwners }, owner.String())},
	{"MAYFLY_REQUIRE_PROVENANCE", "whether an image is launched only if its tag " + runner.TagManifest + " says what it was made from, as those of mayfly image build do", aYes, "false", false,
		yes(func(s *Settings) *bool { return &s.RequireProvenance })},
	{"MAYFLY_SUBNETS", "where instances are put: of each zone the subnet with most free addresses", subnets, Required, false,
		list(func(s *Settings) *[]string { return &s.Subnets }, `subnet-[0-9a-z]+`)},
	{"MAYFLY_PRIVATE_SUBNETS", "the same, for jobs that ask for private=true", subnets, "none", false,
		list(func(s *Settings) *[]string { return &s.PrivateNets }, `subnet-[0-9a-z]+`)},
	{"MAYFLY_ENV", "environment that labels name", "letters, digits, dashes and dots", "production", false,
		text(func(s *Settings) *string { return &s.Server.Env }, `[A-Za-z0-9.-]+`)},
	{"MAYFLY_FAMILIES", "instance types of a job that names none", families, "m7a,m7g,c7a,c7g,m7i-flex", false,
		patterns(func(s *Settings) *[]catalog.Pattern { return &s.Server.Families })},
	{"MAYFLY_ROOT_VOLUME", "size of an instance's root volume, GiB", aNumber, "40", false, number(func(s *Settings) *int { return &s.Server.RootVolume })},

	// What a label may choose.
	{"MAYFLY_POLICY_MAX_VCPU", "vCPUs of an instance, at most", aNumber, "64", false, number(func(s *Settings) *int { return &s.Server.Policy.MaxVCPU })},
	{"MAYFLY_POLICY_MAX_MEMORY", "memory of an instance, GiB, at most", aNumber, "512", false, number(func(s *Settings) *int { return &s.Server.Policy.MaxMemory })},
	{"MAYFLY_POLICY_MAX_DISK", "size of a root volume, GiB, at most", aNumber, "1,000", false, number(func(s *Settings) *int { return &s.Server.Policy.MaxDisk })},
	{"MAYFLY_POLICY_MAX_IOPS", "IOPS of a root volume, at most", aNumber, "16,000", false, number(func(s *Settings) *int { return &s.Server.Policy.MaxIOPS })},
	{"MAYFLY_POLICY_MAX_THROUGHPUT", "throughput of a root volume, MiB/s, at most", aNumber, "1,000", false,
		number(func(s *Settings) *int { return &s.Server.Policy.MaxThroughput })},
	{"MAYFLY_POLICY_FAMILIES", "instance types that a label may name", families, "c*,m*,r*", false,
		patterns(func(s *Settings) *[]catalog.Pattern { return &s.Server.Policy.Families })},
	{"MAYFLY_POLICY_AMIS", "AMIs that a label may name", "ids of AMIs, separated by commas", "none", false,
		list(func(s *Settings) *[]string { return &s.Server.Policy.AMIs }, imageID.String())},
	{"MAYFLY_POLICY_AMI_OWNERS", "accounts whose AMIs a label may name", "accounts of 12 digits, separated by commas", "none", false,
		list(func(s *Settings) *[]string { return &s.Server.Policy.AMIOwners }, `[0-9]{12}`)},
	{"MAYFLY_POLICY_SSH", "whether a label may ask for logins", aYes, "false", false, yes(func(s *Settings) *bool { return &s.Server.Policy.SSH })},
	{"MAYFLY_SSH_KEYS", "who may log in to the instances of jobs with ssh=true, where MAYFLY_POLICY_SSH allows it", publicKeys, "none", true,
		text(func(s *Settings) *string { return &s.sshKeys }, `(?s).+`)},

	// How many, and how long.
	{"MAYFLY_MAX_RUNNERS", "runners of the stack", aNumber, "200", false, number(func(s *Settings) *int { return &s.Server.MaxRunners })},
	{"MAYFLY_PER_REPOSITORY", "runners of one repository", aNumber, "as many as of the stack", false, number(func(s *Settings) *int { return &s.Server.PerRepository })},
	{"MAYFLY_MAX_MINUTES_PER_DAY", "minutes that all runners may live in a day, UTC: then no more are launched until midnight", aNumber, "none", false,
		number(func(s *Settings) *int { return &s.Server.MaxMinutesPerDay })},
	{"MAYFLY_LAUNCH_RATE", "instances launched in a second", aNumber, "100", false, number(func(s *Settings) *int { return &s.Server.LaunchRate })},
	{"MAYFLY_PER_CALL", "instances of one fleet call", aNumber, "500", false, number(func(s *Settings) *int { return &s.Server.PerCall })},
	{"MAYFLY_MAX_RUNTIME", "how long an instance may live", aTime, "12h", false, span(func(s *Settings) *time.Duration { return &s.Server.MaxRuntime })},
	{"MAYFLY_MAX_IDLE", "how long a runner waits for a job", aTime, "10m", false, span(func(s *Settings) *time.Duration { return &s.Server.MaxIdle })},
	{"MAYFLY_GRACE", "how long an instance has to power itself off", aTime, "30s", false, span(func(s *Settings) *time.Duration { return &s.Server.Grace })},
	{"MAYFLY_BOOT_TIME", "how long an instance is expected to boot", aTime, "15s", false, span(func(s *Settings) *time.Duration { return &s.Server.BootTime })},
	{"MAYFLY_BOOT_LIMIT", "how long until a runner that does not listen is given up", aTime, "6m", false,
		span(func(s *Settings) *time.Duration { return &s.Server.BootLimit })},
	{"MAYFLY_SURPLUS", "how long a runner is kept that no job needs", aTime, "1m", false, span(func(s *Settings) *time.Duration { return &s.Server.Surplus })},
}
