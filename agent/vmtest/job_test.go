//go:build vm

package vmtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// probes is a job that tells who it is and what it reaches, and lets root look around meanwhile.
var probes = localhub.Job{Steps: []localhub.Step{
	{Name: "who", Run: `echo "I am $(id -u) $(id -un)"`},
	{Name: "trace", Run: trace},
	{Name: "door", Run: `for at in 169.254.169.254 '[fd00:ec2::254]'; do
	code=0
	curl -g -sS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "http://$at/latest/api/token" > token 2> error || code=$?
	echo "metadata at $at: curl says $code, $(wc -c < token) bytes"
done`},
	{Name: "witness", Run: `touch /run/vmtest/ask; for ((n = 0; n < 600; n++)); do if [ -e /run/vmtest/seen ]; then echo "seen"; exit; fi; sleep 0.1; done; exit 1`},
}}

func TestAJobOnARealMachine(t *testing.T) {
	s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Compat))
	b := s.Live(image{Tree: "agent"}, probes)
	if b.Job.Conclusion != localhub.Success {
		t.Fatalf("the job: got %+v, want success; the console:\n%s", b.Job, vmtest.End(b.Console))
	}
	t.Run("runs as the runner's user", func(t *testing.T) {
		vmtest.Has(t, "the job's log", b.Job.Log, "I am 1001 runner\n")
	})
	t.Run("finds the door closed", func(t *testing.T) {
		const refused = "7" // could not connect. Source: man 1 curl, exit codes
		vmtest.Has(t, "the job's log", b.Job.Log, "metadata at 169.254.169.254: curl says "+refused+", 0 bytes\nmetadata at [fd00:ec2::254]: curl says "+refused+", 0 bytes\n")
	})
	t.Run("which root goes through, and a container does not", func(t *testing.T) {
		vmtest.Has(t, "root", b.Told["root-asks"], "169.254.169.254 200\n[fd00:ec2::254] 200\n")
		if b.Told["hello"] != "from the box" || b.Told["box-failed"] != "" {
			t.Fatalf("the container's network does not work, so it proves nothing: %s", b.Told["box-failed"])
		}
		if diff := cmp.Diff("169.254.169.254 000\n[fd00:ec2::254] 000\n", b.Told["box-asks"]); diff != "" {
			t.Errorf("the container's answers (-want +got):\n%s\nthe rules:\n%s", diff, b.Told["rules"])
		}
	})
	t.Run("nothing listens", func(t *testing.T) { nothingListens(t, b.Told["listeners"]) })
	t.Run("the secret is the runner's alone", func(t *testing.T) { kept(t, s, b) })
	t.Run("the waterfall is complete", func(t *testing.T) { waterfall(t, b.Reports) })
}

// nothingListens reads what ss prints: protocol, state, two queues, local address, the other's, process.
func nothingListens(t *testing.T, listeners string) {
	t.Helper()
	for line := range strings.Lines(listeners) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			t.Fatalf("got %q from ss, want at least 5 fields", line)
		}
		if !strings.HasPrefix(fields[4], "127.") && !strings.HasPrefix(fields[4], "[::1]") {
			t.Errorf("got a listener, want none but on loopback: %s", line)
		}
	}
}

// steps are what every life has, in order. There may be others in between.
var steps = []string{
	runner.StepInstanceLaunched, runner.StepKernelStarted, runner.StepUserspaceStarted, runner.StepAgentStarted,
	runner.StepAssignmentRead, runner.StepAssignmentDeleted, runner.StepRunnerStarted, runner.StepListening,
	runner.StepJobStarted, runner.StepJobDone,
}

func waterfall(t *testing.T, reports []assignment.Report) {
	t.Helper()
	if len(reports) == 0 {
		t.Fatal("got no report, want the last with all steps")
	}
	last := reports[len(reports)-1]
	var got []string
	for i, step := range last.Timings {
		if slices.Contains(steps, step.Step) {
			got = append(got, step.Step)
		}
		if i > 0 && step.At.Before(last.Timings[i-1].At) {
			t.Errorf("%s comes before %s", step.Step, last.Timings[i-1].Step)
		}
	}
	if diff := cmp.Diff(steps, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if last.Kind != assignment.Exited || !last.TookJob || last.ExitCode != 0 || last.Problem != "" {
		t.Errorf("got %+v, want that the runner exited with 0 after a job, and no problem", last)
	}
}
