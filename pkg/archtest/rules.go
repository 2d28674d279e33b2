// Package archtest holds the house rules: which package may import which, and why. Its test reads
// the imports of the whole module, without its tests, and names every one that breaks a rule.
//
//	cmd → server | agent → stage → pkg → pkg/runner → standard library
package archtest

// Rule forbids imports. Packages of the module are named by their folder, others by their import
// path; "x/..." is x and all below it, "..." is every package of the module.
type Rule struct {
	Name   string
	Who    []string // whom the rule binds
	Except []string // whom of them it does not
	Not    []string // what they must not import
	Beside bool     // only what is in another folder beside theirs: server/launch and server/queue
	Deep   bool     // not even through other packages of the module
	Why    string
}

// notStandard is a pattern of everything outside the standard library.
const notStandard = "!std"

const (
	sdk    = "github.com/aws/aws-sdk-go-v2/service/"
	ec2    = sdk + "ec2/..."
	s3     = sdk + "s3/..."
	dynamo = sdk + "dynamodb/..."
	sqs    = sdk + "sqs/..."
	vault  = sdk + "secretsmanager/..."
	sns    = sdk + "sns/..."
	watch  = sdk + "cloudwatch/..."
	logs   = sdk + "cloudwatchlogs/..."
	github = "github.com/google/go-github/..."
	echo   = "github.com/labstack/echo/..."

	actionlint = "github.com/rhysd/actionlint/..."
	lambda     = "github.com/aws/aws-lambda-go/..."
	nftables   = "github.com/google/nftables/..."
)

// Rules are the house rules.
var Rules = []Rule{
	{
		Name: "pkg stands below", Who: []string{"pkg/..."}, Not: []string{"server/...", "agent/..."},
		Why: "pkg is what server and agent both stand on",
	},
	{
		Name: "the domain stands alone", Who: []string{"pkg/runner"}, Not: []string{notStandard},
		Why: "every part speaks of the domain, so the domain may bring nothing along",
	},
	{
		Name: "server without agent", Who: []string{"server/..."}, Not: []string{"agent/..."},
		Why: "they meet through pkg/assignment alone, and are released apart",
	},
	{
		Name: "agent without server", Who: []string{"agent/..."}, Not: []string{"server/..."},
		Why: "the agent runs beside customers' jobs and has no use for the server's parts",
	},
	{
		Name: "stages of the server", Who: []string{"server/..."}, Not: []string{"server/..."}, Beside: true,
		Why: "a stage knows no other stage and no adapter: server.go joins them, through interfaces",
	},
	{
		Name: "stages of the agent", Who: []string{"agent/..."}, Not: []string{"agent/..."}, Beside: true,
		Why: "a stage knows no other stage: agent.go is the sequence",
	},
	{
		Name: "one importer of S3", Who: []string{"..."}, Except: []string{"pkg/bucket/..."}, Not: []string{s3},
		Why: "one SDK, one package: pkg/bucket is S3 in our words",
	},
	{
		Name: "one importer of EC2", Who: []string{"..."}, Except: []string{"pkg/instance/..."}, Not: []string{ec2},
		Why: "one SDK, one package: pkg/instance is EC2 in our words",
	},
	{
		Name: "one importer of DynamoDB", Who: []string{"..."}, Except: []string{"server/record/dynamodb/..."}, Not: []string{dynamo},
		Why: "one SDK, one package: server/record/dynamodb is DynamoDB in our words",
	},
	{
		Name: "one importer of SQS", Who: []string{"..."}, Except: []string{"server/queue/sqs/..."}, Not: []string{sqs},
		Why: "one SDK, one package: server/queue/sqs is SQS in our words",
	},
	{
		Name: "one importer of Secrets Manager", Who: []string{"..."}, Except: []string{"pkg/secret/secretsmanager/..."}, Not: []string{vault},
		Why: "one SDK, one package: pkg/secret/secretsmanager is Secrets Manager in our words",
	},
	{
		Name: "one importer of SNS", Who: []string{"..."}, Except: []string{"server/alert/sns/..."}, Not: []string{sns},
		Why: "one SDK, one package: server/alert/sns is SNS in our words",
	},
	{
		Name: "one importer of CloudWatch", Who: []string{"..."}, Except: []string{"server/usage/cloudwatch/..."}, Not: []string{watch},
		Why: "one SDK, one package: server/usage/cloudwatch is CloudWatch in our words",
	},
	{
		Name: "no SDK of CloudWatch Logs", Who: []string{"..."}, Not: []string{logs},
		Why: "it takes a tenth of the memory that the agent may have, for two calls: agent/logs/cloudwatch makes them by hand",
	},
	{
		Name: "one importer of go-github", Who: []string{"..."}, Except: []string{"pkg/githubapp/..."}, Not: []string{github},
		Why: "one SDK, one package: pkg/githubapp is GitHub in our words",
	},
	{
		Name: "one importer of actionlint", Who: []string{"..."}, Except: []string{"pkg/workflow/..."}, Not: []string{actionlint},
		Why: "pkg/workflow is a workflow file in our words, and no binary that customers run needs one",
	},
	{
		Name: "one importer of Lambda", Who: []string{"..."}, Except: []string{"cmd/lambda/..."}, Not: []string{lambda},
		Why: "to the server Lambda is one host among others, which cmd/lambda translates for",
	},
	{
		Name: "one importer of nftables", Who: []string{"..."}, Except: []string{"agent/door"}, Not: []string{nftables},
		Why: "who may reach what on an instance is decided in one place",
	},
	{
		Name: "echo in the server", Who: []string{"..."}, Except: []string{"server/..."}, Not: []string{echo},
		Why: "only the server has routes; all else that speaks HTTP does with net/http",
	},
	{
		Name: "no templates", Who: []string{"..."}, Not: []string{"html/template", "text/template"},
		Why: "they find methods by name, so the linker keeps all of every SDK: the server's binary was three times as long",
	},
	{
		Name: "the cloud in a process", Who: []string{"..."}, Except: []string{"pkg/localcloud/...", "cmd/mayfly/...", "agent/vmtest"}, Not: []string{"pkg/localcloud/..."},
		Why: "it is for tests and the demo, and in no binary that customers run",
	},
	{
		Name: "the GitHub in a process", Who: []string{"..."}, Except: []string{"pkg/localhub/...", "cmd/mayfly/...", "agent/vmtest"}, Not: []string{"pkg/localhub/..."},
		Why: "it is for tests and the demo, and in no binary that customers run",
	},
	{
		Name: "a small agent", Who: []string{"cmd/agent/..."}, Not: []string{"server/...", github, echo}, Deep: true,
		Why: "every instance downloads the agent, and nothing is safer beside a job than what is not there",
	},
	{
		Name: "adapters in mains alone", Who: []string{"cmd/mayfly/...", "server"}, Not: []string{dynamo, sqs, vault, sns, watch}, Deep: true,
		Why: "the demo is compiled by whoever tries it, and has the stores in memory",
	},
	{
		Name: "moto for tests", Who: []string{"..."}, Except: []string{"server/record/dynamodb/tabletest"}, Not: []string{"pkg/awstest"},
		Why: "it is for tests alone, and takes their testing.T",
	},
	{
		Name: "Lambda's runtime for tests", Who: []string{"..."}, Not: []string{"cmd/lambda/lambdatest"},
		Why: "it is for tests alone: elsewhere AWS is the runtime",
	},
	{
		Name: "EC2 in mains alone", Who: []string{"server/...", "agent/...", "cmd/mayfly/..."}, Not: []string{ec2}, Deep: true,
		Why: "its SDK takes minutes to compile, which no test and no demo should wait for",
	},
}

// BadNames are names that say nothing of what is inside; no folder has one.
var BadNames = []string{"internal", "util", "common", "helpers", "manager"}
