package runner_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var until = time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("CET", 3600))

var sentences = map[runner.Reason]string{
	{}:                                           "",
	runner.Launching("2cpu-linux-x64", 2):        "launching an instance for it (2cpu-linux-x64, attempt 2 of 5)",
	runner.Booting():                             "a runner of its class is booting",
	runner.Listening():                           "a runner of its class is listening; GitHub chooses which job goes where",
	runner.Taken():                               "a runner of its class took a job; GitHub has yet to say which",
	runner.EC2Rate():                             "EC2's request rate is used up; it refills by the second",
	runner.GitHubBudget("octo"):                  "GitHub's request budget for octo is used up; it refills by the minute",
	runner.Asking():                              "GitHub is asked whether its code is the repository's own",
	runner.PublicRepository("o/r"):               "o/r is public, and public repositories get no runners here: allow them (AllowPublic), or use a runner of GitHub's",
	runner.Fork("o/r"):                           "its code is of a fork of o/r, and forks get no runners here: allow them (AllowForks), or use a runner of GitHub's",
	runner.GitHubDown("octo"):                    "GitHub does not answer for octo; it is asked again every minute",
	runner.GitHubDenies("octo"):                  "GitHub lets our App register no runner for octo: check the App's key and its permissions",
	runner.NoGroup("octo", "builders"):           "octo has no runner group builders: make it on GitHub, or correct RunnerGroup",
	runner.Barred("o/r", "builders"):             "the runner group builders takes no jobs of o/r: allow it in the group's settings on GitHub, and public repositories if it is one",
	runner.NoApp():                               "no GitHub App is set up yet: give the stack the id and the private key of one",
	runner.NotInstalled("o/r"):                   "our GitHub App is not installed on o/r, or that is gone: install it there, and run the job again",
	runner.MaxRunners(200):                       "all 200 runners that the stack may have are there",
	runner.Share("o/r", 20):                      "o/r has all 20 runners that it may have",
	runner.MaxMinutes(40, 41*time.Minute, until): "runners have had 41 minutes today, and the stack may have 40 in a day (MaxMinutesPerDay); it goes on at 02:04:05 UTC, or once that is raised",
	runner.LaunchRate(100):                       "100 instances were launched within a second, as many as the stack may",
	runner.Gone():                                "GitHub has no such job any more",
	runner.NotApproved():                         "nobody approved it within 30 days: GitHub has failed it",
	runner.TooOld():                              "it was queued for 24 hours: GitHub has failed it",
	runner.NeverBooted(5 * time.Minute):          "the runner did not listen within 5m0s",
	runner.IdleTooLong(time.Minute):              "no job came within 1m0s",
	runner.Overdue(time.Hour):                    "the instance was older than 1h0m0s",
	runner.Surplus():                             "there are more runners of its class than jobs for them",
	runner.Unregistered():                        "GitHub has no such runner any more",
	runner.UnknownInstance():                     "the instance is this stack's, but of no launch that is known",
	runner.Interrupted():                         "EC2 takes the spot instance back",
	runner.OutOfCapacity("2cpu", until):          "EC2 has no capacity for 2cpu; next try at 02:04:05 UTC",
	runner.Job{}.Launching("2cpu-linux-x64 on-demand", 1, "there is no spot"): "launching an instance for it (2cpu-linux-x64 on-demand, attempt 1 of 5): there is no spot",
	runner.OftenInterrupted("c7g.xlarge", until):                              "EC2 took spot instances of c7g.xlarge back too often; next try at 02:04:05 UTC",
	runner.AwaitsRerun():                 "EC2 took its spot instance back: it runs again, on demand, once all of its run has ended",
	runner.RunsAgain():                   "EC2 took its spot instance back: it runs again, on demand",
	runner.NotRerun("its label says so"): "EC2 took its spot instance back, and it does not run again: its label says so",
	runner.LaunchFailed(runner.LaunchError{Class: runner.Quota, Code: "Oops"}, until): "EC2 answered the launch with Oops; next try at 02:04:05 UTC",
	runner.BadLabel("mayfly/cpu=x", "no."):                                            `label "mayfly/cpu=x": no.`,
	runner.NotAllowed("cpu=64", "ask for 32 (Policy.MaxVCPU)"):                        "cpu=64 is not allowed: ask for 32 (Policy.MaxVCPU)",
	runner.UnknownKeys(`"famly" (did you mean family?)`):                              `keys of its label that are not known did nothing: "famly" (did you mean family?)`,
	runner.OtherStack("env=a", "env=b"):                                               "it is for another stack: env=a, and this one has env=b",
	runner.NoInstanceType("99 vCPUs", "ask for at most 64"):                           "no instance type has 99 vCPUs: ask for at most 64",
	runner.LaunchRejected("Oops", "no such image"):                                    "EC2 refuses the launch with Oops: no such image",
	runner.AttemptsExhausted(5, "Oops"):                                               "5 launches brought no runner that took it, the last one: Oops",
	runner.NoJITConfig("404"):                                                         "GitHub gave no JIT config: 404",
	runner.ExitedEarly(7, ""):                                                         "the runner exited with code 7 before it took a job",
	runner.ExitedEarly(1, "disk full"):                                                "the runner exited with code 1 before it took a job: disk full",
	runner.InstanceGone("terminated"):                                                 "the instance was terminated before its job had ended",
	runner.NoImage("arm64"):                                                           "there is no image for arm64: build one, or ask for another architecture",
	runner.ImageBroken("ami-2", 3, "ami-1"):                                           "3 instances of ami-2 in a row did not come to listen: ami-1 is launched instead, until another is promoted",
	runner.ImageBroken("ami-2", 4, ""):                                                "4 instances of ami-2 in a row did not come to listen: no other was promoted before it: promote one that boots",
	runner.ImageOld("ami-1", 22):                                                      "what is on ami-1 is 22 days old; from the 30th on GitHub may have its runner update itself before each job: build a new image and promote it",
	runner.JobEnded(0):                                                                "job of its class ended",
	runner.JobEnded(9):                                                                "job 9 ended",
}

func TestEveryReasonIsASentence(t *testing.T) {
	told := map[runner.ReasonKind]bool{}
	for reason, want := range sentences {
		told[reason.Kind] = true
		if got := reason.String(); got != want {
			t.Errorf("%s: got %q, want %q", reason.Kind, got, want)
		}
	}
	for _, kind := range declaredKinds(t) {
		if !told[kind] {
			t.Errorf("reason kind %q has no sentence in this test", kind)
		}
	}
}

func TestAReasonIsTheSameAfterTheRecord(t *testing.T) {
	for reason := range sentences {
		body, err := json.Marshal(reason)
		if err != nil {
			t.Fatal(err)
		}
		var got runner.Reason
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if got != reason {
			t.Errorf("%q came back as %q: it would be written again in every pass", reason, got)
		}
	}
}

// declaredKinds reads the constants of type ReasonKind from the source, so that none is forgotten.
func declaredKinds(t *testing.T) []runner.ReasonKind {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []runner.ReasonKind
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "ReasonKind" {
			literal := spec.Values[0].(*ast.BasicLit).Value
			kinds = append(kinds, runner.ReasonKind(literal[1:len(literal)-1]))
		}
		return true
	})
	if len(kinds) < 10 {
		t.Fatalf("found %d reason kinds in reason.go, want more", len(kinds))
	}
	return kinds
}
