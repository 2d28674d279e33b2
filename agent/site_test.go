package agent_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
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

// site is a cloud on 127.0.0.1, whose instances are processes of the agent.
type site struct {
	*localcloud.Cloud
	binary string
	server *bucket.Bucket
	booted chan localcloud.Machine
	asked  atomic.Int32 // how often for metadata
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

// newSite is a cloud with so many instances, whose runners run a shell script, unless their user data is
// changed.
func newSite(tb testing.TB, count int, script string, changes ...func(*assignment.UserData)) *site {
	tb.Helper()
	file, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	c := &site{binary: file, booted: make(chan localcloud.Machine, count)}
	s3 := listen(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.S3().ServeHTTP(w, r) }))
	told := assignment.UserData{Bucket: bucketName, RoleID: roleID, S3Endpoint: s3, RunnerCommand: []string{"/bin/sh", "-c", script}}
	for _, change := range changes {
		change(&told)
	}
	userData, err := assignment.EncodeUserData(told)
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
	if _, err := c.Launch(tb.Context(), launchOf(count)); err != nil {
		tb.Fatal(err)
	}
	return c
}

// instance is the next instance, with an assignment, and the agent for it, ready to start.
func (c *site) instance(tb testing.TB) (id string, agent *exec.Cmd) {
	tb.Helper()
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
	agent.Env = append(os.Environ(), "AWS_EC2_METADATA_SERVICE_ENDPOINT="+listen(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked.Add(1)
		machine.Metadata.ServeHTTP(w, r)
	})))
	return id, agent
}
