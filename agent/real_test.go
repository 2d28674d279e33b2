package agent_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

var binaries = filepath.Join(os.TempDir(), fmt.Sprintf("mayfly-agent-test-%d", os.Getpid()))

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(binaries)
	os.Exit(code)
}

// binary builds the agent as it is released, once.
var binary = sync.OnceValues(func() (string, error) {
	file := filepath.Join(binaries, "agent")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "github.com/mayfly-ci/mayfly/cmd/agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return file, nil
})

// real is a cloud on 127.0.0.1, whose instances are processes of the agent.
type real struct {
	*localcloud.Cloud
	binary string
	server *bucket.Bucket
	booted chan localcloud.Machine
}

// listen serves a handler on this machine, and gives its URL.
func listen(tb testing.TB, handler http.Handler) string {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

// newReal is a cloud whose runners run a shell script.
func newReal(tb testing.TB, script string) *real {
	tb.Helper()
	file, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	c := &real{binary: file, booted: make(chan localcloud.Machine)}
	s3 := listen(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.S3().ServeHTTP(w, r) }))
	userData, err := assignment.EncodeUserData(assignment.UserData{
		Bucket: bucketName, RoleID: roleID, S3Endpoint: s3, RunnerCommand: []string{"/bin/sh", "-c", script},
	})
	if err != nil {
		tb.Fatal(err)
	}
	c.Cloud = localcloud.New(localcloud.Config{
		Seed: 1, Stack: "ci", Region: "us-east-1", Zones: []string{"us-east-1a"}, Bucket: bucketName, RoleID: roleID,
		UserData: userData, Events: func([]byte) {},
		Boot: func(ctx context.Context, machine localcloud.Machine) { c.booted <- machine; <-ctx.Done() },
	})
	tb.Cleanup(c.Close)
	c.server = bucket.New(bucket.Config{Name: bucketName, Region: "us-east-1", Endpoint: s3, Credentials: c.ServerCredentials()})
	return c
}

// instance is an instance with an assignment, and the agent for it, ready to start.
func (c *real) instance(tb testing.TB, token string) (id string, agent *exec.Cmd) {
	tb.Helper()
	_, err := c.Launch(tb.Context(), runner.LaunchRequest{Stack: "ci", ClientToken: token, Count: 1, Shape: runner.Shape{
		Types: []string{"m7a.large"}, Capacity: runner.Spot, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	machine := <-c.booted
	id = machine.Instance.ID
	body, err := assignment.Encode(assignment.Assignment{
		Instance: id, RunnerName: runner.Name("ci", id, 1), JITConfig: secret.New(canary), MaxRuntime: time.Hour, MaxIdle: time.Hour,
	})
	if err == nil {
		err = c.server.Put(tb.Context(), runner.AssignmentKey(roleID, id), body)
	}
	if err != nil {
		tb.Fatal(err)
	}
	agent = exec.CommandContext(tb.Context(), c.binary)
	agent.Env = append(os.Environ(), "AWS_EC2_METADATA_SERVICE_ENDPOINT="+listen(tb, machine.Metadata))
	return id, agent
}

// runnerScript has one job, and tells what it can see. Its last line is an ancestor's.
const runnerScript = `
stamp() { date -u '+%Y-%m-%d %H:%M:%SZ'; }
echo "$(stamp): Listening for Jobs"
echo "$(stamp): Running job: build"
env | cut -d= -f1 | sort | tr '\n' ' '; echo
echo "jit is ${#ACTIONS_RUNNER_INPUT_JITCONFIG} long"
test "$PWD" = "$HOME" && echo "at home"
ps -o args= -p $$ -p $PPID
echo "$(stamp): Job build completed with result: Succeeded"
`

func TestTheRealAgentRunsARealProcess(t *testing.T) {
	cloud := newReal(t, runnerScript)
	id, agent := cloud.instance(t, "a")
	agent.Env = append(agent.Env, "AWS_SECRET_ACCESS_KEY=x", "AWS_PROFILE=x", "LD_LIBRARY_PATH=/x", "GIT_DIR=/x", "HTTP_PROXY=http://127.0.0.1:1", "TMPDIR="+t.TempDir(), "TZ=UTC")
	var stdout, stderr bytes.Buffer
	agent.Stdout, agent.Stderr = &stdout, &stderr
	if err := agent.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, &stdout, &stderr)
	}
	output := stdout.String()
	for _, want := range []string{fmt.Sprintf("jit is %d long", len(canary)), "at home", cloud.binary} {
		if !strings.Contains(output, want) {
			t.Errorf("output: got\n%s, want %q in it", output, want)
		}
	}
	for _, forbidden := range []string{"AWS_", "LD_", "GIT_", "PROXY", "TMPDIR", canary} {
		if strings.Contains(output+stderr.String(), forbidden) {
			t.Errorf("%s is in the runner's environment, or in the output:\n%s%s", forbidden, output, &stderr)
		}
	}
	if body, err := cloud.server.Get(t.Context(), runner.AssignmentKey(roleID, id)); !errors.Is(err, bucket.ErrNotFound) {
		t.Errorf("the assignment: got %d bytes, %v, want that it is gone", len(body), err)
	}
	body, err := cloud.server.Get(t.Context(), runner.ReportKey(roleID, id, 3))
	if err != nil {
		t.Fatal(err)
	}
	if last, err := assignment.DecodeReport(body); err != nil || last.Kind != assignment.Exited || !last.TookJob || last.ExitCode != 0 {
		t.Errorf("last report: got %+v, %v, want exited with 0 after a job", last, err)
	}
}

func TestTheRealAgentSaysByItsExitCodeThatNoJobRan(t *testing.T) {
	cloud := newReal(t, "exit 7")
	_, agent := cloud.instance(t, "a")
	var exit *exec.ExitError
	if err := agent.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
}

// BenchmarkAgentStart is from the start of the agent's process to the first word of the runner's,
// as it comes out of the agent again: five requests for metadata, two to S3, and two processes.
func BenchmarkAgentStart(b *testing.B) {
	cloud := newReal(b, "echo started; exit 0")
	info, err := os.Stat(cloud.binary)
	if err != nil {
		b.Fatal(err)
	}
	var total time.Duration
	runs := 0
	for b.Loop() {
		runs++
		b.StopTimer()
		_, agent := cloud.instance(b, fmt.Sprint(runs))
		stdout, err := agent.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		if err := agent.Start(); err != nil {
			b.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		total += time.Since(began)
		b.StopTimer()
		if err != nil || line != "started\n" {
			b.Fatalf("got %q, %v", line, err)
		}
		_ = agent.Wait()
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Microseconds())/1000/float64(runs), "ms/start")
	b.ReportMetric(float64(info.Size())/1e6, "MB")
}
