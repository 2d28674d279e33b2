//go:build vm

package vmtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// userData is what every image is told. On these, which have no cloud-init, the agent reads it itself.
func userData(t *testing.T, profile assignment.Profile) []byte {
	t.Helper()
	document, err := assignment.EncodeUserData(assignment.UserData{
		Bucket: bucketName, RoleID: roleID, S3Endpoint: "http://" + s3At,
		RunnerCommand: []string{"/opt/actions-runner/run.sh"}, PowerOff: []string{"systemctl", "poweroff"}, Profile: profile,
	})
	must(t, err)
	script, err := assignment.Script(document)
	must(t, err)
	return script
}

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
	s := newSite(t, userData(t, assignment.Compat))
	b := s.live(image{Tree: "agent"}, probes)
	if b.job.Conclusion != localhub.Success {
		t.Fatalf("the job: got %+v, want success; the console:\n%s", b.job, end(b.console))
	}
	t.Run("runs as the runner's user", func(t *testing.T) {
		has(t, "the job's log", b.job.Log, "I am 1001 runner\n")
	})
	t.Run("finds the door closed", func(t *testing.T) {
		const refused = "7" // could not connect. Source: man 1 curl, exit codes
		has(t, "the job's log", b.job.Log, "metadata at 169.254.169.254: curl says "+refused+", 0 bytes\nmetadata at [fd00:ec2::254]: curl says "+refused+", 0 bytes\n")
	})
	t.Run("which root goes through, and a container does not", func(t *testing.T) {
		has(t, "root", b.told["root-asks"], "169.254.169.254 200\n[fd00:ec2::254] 200\n")
		if b.told["hello"] != "from the box" || b.told["box-failed"] != "" {
			t.Fatalf("the container's network does not work, so it proves nothing: %s", b.told["box-failed"])
		}
		if diff := cmp.Diff("169.254.169.254 000\n[fd00:ec2::254] 000\n", b.told["box-asks"]); diff != "" {
			t.Errorf("the container's answers (-want +got):\n%s\nthe rules:\n%s", diff, b.told["rules"])
		}
	})
	t.Run("nothing listens", func(t *testing.T) { nothingListens(t, b.told["listeners"]) })
	t.Run("the secret is the runner's alone", func(t *testing.T) { s.kept(t, b) })
	t.Run("the waterfall is complete", func(t *testing.T) { waterfall(t, b.reports) })
}

func has(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got\n%s\nwant in it\n%s", what, got, want)
	}
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
