package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	canary     = "canary-7f3a-the-right-to-take-one-job"
	roleID     = "AROAEXAMPLE"
	bucketName = "ci-bucket"
)

var orders = assignment.UserData{
	Bucket: bucketName, RoleID: roleID, S3Endpoint: "http://s3:80",
	RunnerCommand: []string{"/opt/runner/run.sh"}, PowerOff: []string{"poweroff", "now"},
}

// world is one instance in a cloud, all over a network in a process.
type world struct {
	Instance string
	machine  localcloud.Machine
	server   *bucket.Bucket // the bucket, as the server may use it
	network  localnet.Network

	// What a test may put in the way.
	metadata func(http.Handler) http.Handler
	s3       func(http.Handler) http.Handler
	start    run.Start

	log, stdout buffer
	mu          sync.Mutex
	events      []string // what happened, in order
	command     run.Command
}

// newWorld is an instance that has booted, with this user data and no assignment yet.
func newWorld(t *testing.T, userData []byte) *world {
	t.Helper()
	w := &world{start: oneJob, metadata: untouched, s3: untouched}
	booted := make(chan localcloud.Machine, 1)
	cloud := localcloud.New(localcloud.Config{
		Seed: 1, Stack: "ci", Region: "us-east-1", Zones: []string{"us-east-1a"}, Bucket: bucketName, RoleID: roleID,
		UserData: userData, Events: func([]byte) {}, Delays: localcloud.Delays{Pending: 8 * time.Second},
		Boot: func(ctx context.Context, machine localcloud.Machine) { booted <- machine; <-ctx.Done() },
	})
	t.Cleanup(cloud.Close)
	shape := runner.Shape{Types: []string{"m7a.large"}, Capacity: runner.Spot, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}}}
	_, err := cloud.Launch(t.Context(), runner.LaunchRequest{
		Stack: "ci", ClientToken: "a", Count: 1, Shape: shape, Offerings: shape.Offerings(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.machine = <-booted
	w.Instance = w.machine.Instance.ID
	w.serve(t, "169.254.169.254:80", func(r *http.Request) http.Handler { w.note("metadata", r); return w.metadata(w.machine.Metadata) })
	w.serve(t, "s3:80", func(r *http.Request) http.Handler { w.note("s3", r); return w.s3(cloud.S3()) })
	w.serve(t, "server-s3:80", func(*http.Request) http.Handler { return cloud.S3() })
	transport := w.network.Transport()
	t.Cleanup(transport.CloseIdleConnections)
	w.server = bucket.New(bucket.Config{
		Name: bucketName, Region: "us-east-1", Endpoint: "http://server-s3:80",
		Credentials: cloud.ServerCredentials(), Client: &http.Client{Transport: transport},
	})
	return w
}

func untouched(h http.Handler) http.Handler { return h }

// serve serves an address; which handler it is, is asked at each request.
func (w *world) serve(t *testing.T, address string, handler func(*http.Request) http.Handler) {
	t.Helper()
	listener, err := w.network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler(r).ServeHTTP(rw, r) })}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

func (w *world) note(who string, r *http.Request) {
	w.happened(fmt.Sprintf("%s %s %s", who, r.Method, strings.NewReplacer(roleID, "ROLE", w.Instance, "INSTANCE").Replace(r.URL.Path)))
}

func (w *world) happened(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, what)
}

// count is how often something happened, by the beginning of it.
func (w *world) count(prefix string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, event := range w.events {
		if strings.HasPrefix(event, prefix) {
			n++
		}
	}
	return n
}

// assign writes the instance's assignment, as the server does.
func (w *world) assign(t *testing.T) {
	t.Helper()
	body, err := assignment.Encode(assignment.Assignment{
		Instance: w.Instance, RunnerName: runner.Name("ci", w.Instance, 1), JITConfig: secret.New(canary),
		MaxRuntime: time.Hour, MaxIdle: 10 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, body)
}

func (w *world) put(t *testing.T, body []byte) {
	t.Helper()
	if err := w.server.Put(t.Context(), runner.AssignmentKey(roleID, w.Instance), body); err != nil {
		t.Fatal(err)
	}
}

// stored is the assignment, as it is in the bucket.
func (w *world) stored(t *testing.T) []byte {
	t.Helper()
	body, err := w.server.Get(t.Context(), runner.AssignmentKey(roleID, w.Instance))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// live runs the agent to its end, and looks for the secret in all that is left.
func (w *world) live(ctx context.Context, t *testing.T) error {
	t.Helper()
	transport := w.network.Transport()
	defer transport.CloseIdleConnections()
	err := agent.Run(ctx, agent.Config{
		Transport: transport, Start: w.started, Stdout: &w.stdout,
		Log: slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		PowerOff: func(_ context.Context, command []string) error {
			w.happened(strings.Join(command, " "))
			return nil
		},
	})
	w.checkNoSecret(t, err)
	if w.command.Dir != "" {
		if _, err := os.Stat(w.command.Dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the runner's directory is still there: %v", err)
		}
	}
	return err
}

func (w *world) started(ctx context.Context, command run.Command) (int, error) {
	w.happened("start")
	w.command = command
	code, err := w.start(ctx, command)
	for _, file := range files(command.Dir) {
		if body, _ := os.ReadFile(file); bytes.Contains(body, []byte(canary)) {
			return code, fmt.Errorf("the secret is in %s", file)
		}
	}
	return code, err
}

func files(dir string) (all []string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		if entry.Type().IsRegular() {
			all = append(all, path)
		}
		return nil
	})
	return all
}

func (w *world) checkNoSecret(t *testing.T, err error) {
	t.Helper()
	places := map[string]string{
		"log": w.log.String(), "stdout": w.stdout.String(), "argv": strings.Join(w.command.Args, " "), "error": fmt.Sprint(err),
	}
	for n := range 4 {
		body, _ := w.server.Get(context.Background(), runner.ReportKey(roleID, w.Instance, n))
		places[fmt.Sprint("report ", n)] = string(body)
	}
	for place, text := range places {
		if strings.Contains(text, canary) {
			t.Errorf("the secret is in the %s:\n%s", place, text)
		}
	}
}

// reports are the reports in the bucket, in order.
func (w *world) reports(t *testing.T) (all []assignment.Report) {
	t.Helper()
	for n := 1; ; n++ {
		body, err := w.server.Get(t.Context(), runner.ReportKey(roleID, w.Instance, n))
		if errors.Is(err, bucket.ErrNotFound) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := assignment.DecodeReport(body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

// lastReport is the exited report, which every life has that knew its bucket.
func (w *world) lastReport(t *testing.T) assignment.Report {
	t.Helper()
	all := w.reports(t)
	if len(all) == 0 || all[len(all)-1].Kind != assignment.Exited {
		t.Fatalf("reports: got %+v, want exited as the last", all)
	}
	return all[len(all)-1]
}

func userData(t *testing.T) []byte {
	t.Helper()
	body, err := assignment.EncodeUserData(orders)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// say prints a line as GitHub's runner does.
func say(out io.Writer, message string) {
	fmt.Fprintf(out, "%s: %s\n", time.Now().UTC().Format("2006-01-02 15:04:05Z"), message)
}

// oneJob is a runner that listens for 2 s and then has a job of 30 s.
func oneJob(_ context.Context, command run.Command) (int, error) {
	time.Sleep(time.Second)
	say(command.Out, "Listening for Jobs")
	time.Sleep(2 * time.Second)
	say(command.Out, "Running job: build")
	time.Sleep(30 * time.Second)
	say(command.Out, "Job build completed with result: Succeeded")
	return 0, nil
}

// listens is a runner that no job comes to.
func listens(ctx context.Context, command run.Command) (int, error) {
	say(command.Out, "Listening for Jobs")
	<-ctx.Done()
	return 130, nil
}

// buffer is a buffer that many may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
