package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/archtest"
)

const (
	root   = "../.."
	module = "github.com/mayfly-ci/mayfly"
)

func TestTheHouseKeepsItsRules(t *testing.T) {
	graph, err := archtest.Load(root, module)
	if err != nil {
		t.Fatal(err)
	}
	if _, known := graph["pkg/runner"]; !known {
		t.Fatalf("got packages %v, want pkg/runner among them", graph)
	}
	for _, broken := range archtest.Check(graph, archtest.Rules) {
		t.Error(broken)
	}
	for _, broken := range archtest.CheckNames(graph, archtest.BadNames) {
		t.Error(broken)
	}
}

// planted breaks each rule in a house where all else is right. Of the two names the first is the
// package that is to blame, the second is what it must not import.
var planted = map[string][][2]string{
	"pkg stands below":                {{"pkg/labels", "server/queue"}, {"pkg/labels", "agent"}},
	"the domain stands alone":         {{"pkg/runner", "pkg/secret"}, {"pkg/runner", "github.com/google/go-cmp/cmp"}},
	"server without agent":            {{"server/launch", "agent/boot"}, {"server", "agent"}},
	"agent without server":            {{"agent", "server"}, {"agent/run", "server/queue"}},
	"stages of the server":            {{"server/launch", "server/webhook"}, {"server/launch", "server/queue/memory"}},
	"stages of the agent":             {{"agent/boot", "agent/run"}},
	"one importer of S3":              {{"pkg/assignment", "github.com/aws/aws-sdk-go-v2/service/s3/types"}},
	"one importer of EC2":             {{"cmd/server", "github.com/aws/aws-sdk-go-v2/service/ec2"}},
	"one importer of DynamoDB":        {{"server/record", "github.com/aws/aws-sdk-go-v2/service/dynamodb"}},
	"one importer of SQS":             {{"server/queue", "github.com/aws/aws-sdk-go-v2/service/sqs/types"}},
	"one importer of Secrets Manager": {{"pkg/secret", "github.com/aws/aws-sdk-go-v2/service/secretsmanager"}},
	"one importer of SNS":             {{"server/alert", "github.com/aws/aws-sdk-go-v2/service/sns"}},
	"one importer of CloudWatch":      {{"server/metrics", "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"}},
	"no SDK of CloudWatch Logs":       {{"agent/report", "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"}},
	"one importer of CloudFormation":  {{"cmd/mayfly-aws/deploy", "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"}},
	"one package for the account":     {{"cmd/mayfly-aws/stack", "github.com/aws/aws-sdk-go-v2/service/sts"}, {"cmd/server", "github.com/aws/aws-sdk-go-v2/service/ecr"}},
	"the account in a process":        {{"cmd/mayfly-aws/deploy", "cmd/mayfly-aws/cloudtest"}},
	"adapters in mains alone":         {{"cmd/mayfly", "server/record/dynamodb"}, {"server", "server/queue/sqs"}},
	"moto for tests":                  {{"server/queue", "pkg/awstest"}},
	"one importer of go-github":       {{"pkg/localhub", "github.com/google/go-github/v62/github"}},
	"one importer of actionlint":      {{"cmd/mayfly", "github.com/rhysd/actionlint"}},
	"one importer of Lambda":          {{"cmd/server", "github.com/aws/aws-lambda-go/lambda"}, {"server", "github.com/aws/aws-lambda-go/events"}},
	"Lambda's runtime for tests":      {{"cmd/lambda", "cmd/lambda/lambdatest"}},
	"one importer of nftables":        {{"agent/prepare", "github.com/google/nftables"}},
	"echo in the server":              {{"pkg/localhub", "github.com/labstack/echo/v4"}},
	"the cloud in a process":          {{"server", "pkg/localcloud"}, {"pkg/localhub", "pkg/localcloud"}, {"cmd/server", "pkg/localcloud"}},
	"the GitHub in a process":         {{"server/webhook", "pkg/localhub"}, {"pkg/localcloud", "pkg/localhub"}},
	"no templates":                    {{"server/admin", "html/template"}},
	"a small agent":                   {{"agent/report", "pkg/githubapp"}, {"cmd/agent", "server/record"}},
	"EC2 in mains alone":              {{"server/launch", "pkg/instance"}, {"cmd/mayfly", "pkg/instance"}},
}

// house is a house where everything is right, up to what is only just allowed.
func house() archtest.Graph {
	return archtest.Graph{
		"cmd/server":             {"server", "server/queue", "pkg/instance"},
		"cmd/agent":              {"agent", "pkg/bucket"},
		"cmd/mayfly":             {"server", "server/queue", "pkg/localcloud", "pkg/localhub"},
		"server":                 {"server/webhook", "server/launch", "github.com/labstack/echo/v4"},
		"server/webhook":         {"pkg/labels", "net/http"},
		"server/launch":          {"pkg/runner", "pkg/secret"},
		"server/queue":           {"server/queue/memory"},
		"agent":                  {"agent/boot", "agent/run", "agent/report"},
		"agent/boot":             {"pkg/assignment"},
		"agent/report":           {"pkg/assignment"},
		"agent/door":             {"github.com/google/nftables/expr"},
		"pkg/runner":             {"encoding/json", "time"},
		"pkg/labels":             {"pkg/runner"},
		"pkg/assignment":         {"pkg/runner"},
		"pkg/localcloud":         {"pkg/localcloud/pool"},
		"pkg/localhub":           {"net/http"},
		"pkg/bucket":             {"github.com/aws/aws-sdk-go-v2/service/s3"},
		"pkg/instance":           {"github.com/aws/aws-sdk-go-v2/service/ec2"},
		"server/record":          {"pkg/runner"},
		"server/queue/sqs":       {"github.com/aws/aws-sdk-go-v2/service/sqs"},
		"server/record/dynamodb": {"server/record", "github.com/aws/aws-sdk-go-v2/service/dynamodb"},
		"pkg/githubapp":          {"github.com/google/go-github/v62/github"},
		"cmd/mayfly-aws/account": {"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs", "github.com/aws/aws-sdk-go-v2/service/ecr"},
		"cmd/mayfly-aws/stack":   {"cmd/mayfly-aws/account", "github.com/aws/aws-sdk-go-v2/service/cloudformation"},
		"cmd/mayfly-aws/deploy":  {"cmd/mayfly-aws/stack", "pkg/instance"},
	}
}

func TestAHouseWhereAllIsRightBreaksNoRule(t *testing.T) {
	if diff := cmp.Diff([]string(nil), archtest.Check(house(), archtest.Rules)); diff != "" {
		t.Errorf("broken rules (-want +got):\n%s", diff)
	}
}

func TestEveryRuleFindsWhatBreaksIt(t *testing.T) {
	for _, rule := range archtest.Rules {
		if len(planted[rule.Name]) == 0 {
			t.Errorf("%s: got no planted violation, want one", rule.Name)
		}
		for _, plant := range planted[rule.Name] {
			graph := house()
			graph[plant[0]] = append(graph[plant[0]], plant[1])
			got := archtest.Check(graph, []archtest.Rule{rule})
			if len(got) == 0 || !strings.Contains(got[0], plant[0]+" imports "+plant[1]) || !strings.HasSuffix(got[0], rule.Why) {
				t.Errorf("%s: %s imports %s: got %q, want a sentence that says so, and why not", rule.Name, plant[0], plant[1], got)
			}
		}
	}
}

func TestAFolderIsNotNamedAfterNothing(t *testing.T) {
	for _, name := range []string{"internal", "util", "common", "helpers", "manager"} {
		graph := house()
		graph["pkg/"+name+"/x"] = nil
		if got := archtest.CheckNames(graph, archtest.BadNames); len(got) != 1 || !strings.Contains(got[0], name) {
			t.Errorf("pkg/%s/x: got %q, want one sentence about it", name, got)
		}
	}
	if got := archtest.CheckNames(house(), archtest.BadNames); len(got) != 0 {
		t.Errorf("a house of good names: got %q, want nothing", got)
	}
}

func TestTestsAndWhatTheGoCommandSkipsAreNotRead(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{
		"pkg/a/a.go":          "package a\nimport (\n\"fmt\"\nx \"example.org/m/pkg/b\"\n)\nthis is never parsed",
		"pkg/a/b_windows.go":  "package a\nimport _ \"os\"",
		"pkg/a/a_test.go":     "package a\nimport _ \"example.org/m/server\"",
		"pkg/a/testdata/t.go": "not Go at all",
		".git/g.go":           "not Go at all",
		"_old/o.go":           "not Go at all",
		"bin/b.go":            "not Go at all",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := archtest.Load(dir, "example.org/m")
	if err != nil {
		t.Fatal(err)
	}
	want := archtest.Graph{"pkg/a": {"fmt", "os", "pkg/b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
}
