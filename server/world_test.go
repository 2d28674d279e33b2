package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
)

const (
	stack      = "prod"
	repository = "octo/repo"
	roleID     = "AROAEXAMPLE"
	canary     = "canary-5d1c-jit-secret"

	small = "mayfly=1/runner=2cpu-linux-x64/spot=false"
	large = "mayfly=1/runner=4cpu-linux-arm64/spot=true"
)

// world is a whole system on a network in a process: GitHub, the server, the cloud, and on every
// instance the real agent, which runs GitHub's runner's stand-in. A job takes 20 s and ends well,
// unless its step says "exit 1"; "sleep 7h" makes it as long as that.
type world struct {
	t       *testing.T
	network localnet.Network
	hub     *localhub.Hub
	cloud   *localcloud.Cloud
	record  *watched
	queue   *queue.Memory
	server  *server.Server
	wire    *http.Transport // of the server and the hub

	serverConfig server.Config
	seams        server.Seams

	log, output buffer // what everybody wrote
	checker     *checker
	powerOff    func(ctx context.Context, command []string) error
	closers     []func()
	replicas    atomic.Uint64                    // servers beside the first
	toCome      atomic.Int64                     // jobs that are still to be queued
	poisoned    bool                             // the story put messages into the queue that are to be left there
	lost        string                           // events with this in them never arrive
	broken      map[string]func(context.Context) // what instances of an image do that has no agent
	deaf        bool                             // runners go on until their instance is ended, whoever tells them to stop
}

// story runs a story in a bubble, and checks what has to be true after each.
func story(t *testing.T, tell func(t *testing.T, w *world), options ...option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options...)
		defer w.close()
		tell(t, w)
		w.checkInvariants()
	})
}

func newWorld(t *testing.T, options ...option) *world {
	w := &world{t: t, queue: queue.NewMemory(time.Minute), powerOff: powersOff}
	w.wire = w.network.Transport()
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	webhookSecret := secret.New(strings.Repeat("webhook-secret-", 3))
	w.hub = localhub.New(changed(localhub.Config{
		Seed: 7, URL: "http://hub:80", WebhookURL: "http://server:80/webhooks/github", WebhookSecret: webhookSecret,
		Client: &http.Client{Transport: w.wire}, JITSecret: func() string { return canary }, Log: log,
	}, options, func(o option) func(*localhub.Config) { return o.hub }))
	w.hub.Install(repository)
	w.serve("hub:80", w.hub)

	userData, err := assignment.EncodeUserData(assignment.UserData{
		Bucket: "control", RoleID: roleID, S3Endpoint: "http://s3:80",
		RunnerCommand: []string{"/opt/runner/run.sh"}, PowerOff: []string{"poweroff"},
	})
	check(t, err)
	w.cloud = localcloud.New(changed(localcloud.Config{
		Seed: 7, Stack: stack, Region: "us-east-1", Zones: []string{"us-east-1a", "us-east-1b"}, Bucket: "control", RoleID: roleID,
		UserData: userData, Events: w.event, Boot: w.boot, Log: log,
		Delays: localcloud.Delays{Launch: time.Second, Pending: 8 * time.Second, Shutdown: 5 * time.Second, DescribeLag: 30 * time.Second},
	}, options, func(o option) func(*localcloud.Config) { return o.cloud }))
	w.serve("s3:80", w.cloud.S3())

	var apps []githubapp.App
	for _, app := range w.hub.Apps() {
		apps = append(apps, githubapp.App{ID: app.ID, Key: app.Key})
	}
	github, err := githubapp.New(githubapp.Config{BaseURL: "http://hub:80", Client: &http.Client{Transport: w.wire, Timeout: callFor}, Apps: apps})
	check(t, err)
	w.serverConfig = changed(server.Config{
		Stack: stack, Holder: "test", WebhookSecrets: []secret.Text{webhookSecret}, RoleID: roleID, Log: log, Region: "us-east-1",
		Images:  map[runner.Arch]string{runner.X64: "ami-x64", runner.ARM64: "ami-arm64"},
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
		Random:  rand.New(rand.NewPCG(7, 7)),
	}, options, func(o option) func(*server.Config) { return o.server })
	w.checker = newChecker(w, options)
	w.record = newWatched(w.checker.check)
	w.seams = changed(server.Seams{
		Queue: w.queue, Record: w.record, Fleet: watchedFleet{w.cloud, w.checker}, GitHub: github,
		Objects: bucket.New(bucket.Config{
			Name: "control", Region: "us-east-1", Endpoint: "http://s3:80",
			Credentials: w.cloud.ServerCredentials(), Client: &http.Client{Transport: w.wire},
		}),
	}, options, func(o option) func(*server.Seams) { return o.seams })
	w.server, err = server.New(w.serverConfig, w.seams)
	check(t, err)
	w.listen("server:80", server.NewHTTP(w.server.Handler(), w.serverConfig.Log))
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run makes passes in the background, as a container's loop does.
func (w *world) run() (stop func()) { return w.runServer(w.server) }

// runServer makes the passes of a server that events wake from now on.
func (w *world) runServer(s *server.Server) (stop func()) {
	return w.inBackground(s.Run)
}

// inBackground does something until it is stopped, or the world ends.
func (w *world) inBackground(do func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); do(ctx) }()
	stop = func() { cancel(); <-done }
	w.closers = append(w.closers, stop)
	return stop
}

func (w *world) close() {
	for i := len(w.closers) - 1; i >= 0; i-- {
		w.closers[i]()
	}
	w.cloud.Close()
	w.hub.Close()
	w.wire.CloseIdleConnections()
	time.Sleep(callFor) // go-github does not close the answer to a call that failed: its timer ends by itself
}

// callFor is how long a call to GitHub may take.
const callFor = 10 * time.Second

func (w *world) serve(address string, handler http.Handler) {
	w.t.Helper()
	w.listen(address, &http.Server{Handler: handler})
}

func (w *world) listen(address string, httpServer *http.Server) {
	w.t.Helper()
	listener, err := w.network.Listen(address)
	check(w.t, err)
	go func() { _ = httpServer.Serve(listener) }()
	w.t.Cleanup(func() { _ = httpServer.Close() })
}

// event is EventBridge, with the stack's rule.
func (w *world) event(body []byte) {
	if w.lost != "" && strings.Contains(string(body), w.lost) {
		return
	}
	if runner.RulePasses(body) {
		_ = w.queue.Send(context.Background(), body)
	}
}

// boot is an instance: its own view of the network, in which the metadata is where it always is.
func (w *world) boot(ctx context.Context, machine localcloud.Machine) {
	if does := w.broken[machine.Image]; does != nil {
		does(ctx)
		return
	}
	metadata := machine.Instance.ID + ":80"
	w.serve(metadata, machine.Metadata)
	wire := w.network.Transport()
	dial := wire.DialContext
	wire.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "127.0.0.1:80" {
			address = metadata
		}
		return dial(ctx, network, address)
	}
	defer wire.CloseIdleConnections()
	alive := whileAlive{wire, ctx}
	off := make(chan struct{})
	var once sync.Once
	_ = agent.Run(ctx, agent.Config{
		Endpoint: "http://127.0.0.1:80", Transport: alive, Stdout: &w.output,
		Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
		Start: func(told context.Context, command run.Command) (int, error) {
			if w.deaf {
				told = ctx
			}
			return w.runner(told, alive, command)
		},
		PowerOff: func(ctx context.Context, command []string) error {
			err := w.powerOff(ctx, command)
			if err == nil {
				once.Do(func() { close(off) })
			}
			return err
		},
	})
	select {
	case <-off: // shut down
	case <-ctx.Done(): // ended from outside
	}
}

// whileAlive is the network of an instance: one that is ended from outside tells nobody any more.
type whileAlive struct {
	http.RoundTripper
	machine context.Context
}

func (a whileAlive) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := a.machine.Err(); err != nil {
		return nil, err
	}
	return a.RoundTripper.RoundTrip(r)
}

func powersOff(context.Context, []string) error { return nil }

var errStuck = errors.New("systemd is stuck")

func neverPowersOff(context.Context, []string) error { return errStuck }

// runner is GitHub's runner's stand-in, with jobs that do nothing but take their time.
func (w *world) runner(ctx context.Context, wire http.RoundTripper, command run.Command) (int, error) {
	stand := localhub.Runner{Client: &http.Client{Transport: wire}, Out: command.Out, Execute: func(ctx context.Context, work localhub.Work) string {
		select {
		case <-time.After(duration(work.Steps)):
		case <-ctx.Done():
			return localhub.Cancelled
		}
		for _, step := range work.Steps {
			if step.Run == "exit 1" {
				return localhub.Failure
			}
		}
		return localhub.Success
	}}
	for _, variable := range command.Env {
		if config, found := strings.CutPrefix(variable, "ACTIONS_RUNNER_INPUT_JITCONFIG="); found {
			return stand.Run(ctx, config), nil
		}
	}
	return 1, errors.New("the runner got no JIT config")
}

// duration is how long a job takes.
func duration(steps []localhub.Step) time.Duration {
	for _, step := range steps {
		if long, found := strings.CutPrefix(step.Run, "sleep "); found {
			if d, err := time.ParseDuration(long); err == nil {
				return d
			}
		}
	}
	return 20 * time.Second
}

// queueJobs makes GitHub queue so many jobs with a label.
func (w *world) queueJobs(count int, label string, steps ...localhub.Step) {
	for n := range count {
		w.hub.Queue(repository, localhub.Job{
			Name: fmt.Sprintf("job %d of %s", n+1, label), Workflow: "CI", Labels: []string{label}, RunID: 1, Steps: steps,
		})
	}
}

// settled is closed once every job has ended and every instance is gone.
func (w *world) settled() <-chan struct{} {
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		for {
			hub, cloud := w.hub.Changed(), w.cloud.Changed()
			if w.hub.Books().Unfinished() == 0 && w.cloud.Books().Left == 0 {
				return
			}
			select {
			case <-hub:
			case <-cloud:
			case <-w.t.Context().Done():
				return
			}
		}
	}()
	return settled
}

// settle waits until every job has ended, every instance is gone, and the server knows it.
func (w *world) settle(within time.Duration) {
	w.t.Helper()
	deadline := time.After(within)
	select {
	case <-w.settled():
	case <-deadline:
		w.t.Fatalf("after %v %d jobs are unfinished and %d instances are left; the log:\n%s",
			within, w.hub.Books().Unfinished(), w.cloud.Books().Left, w.log.String())
	}
	// Twice in a row, for an event may be on its way still, or a job run again.
	for rests := 0; rests < 2; {
		select {
		case <-time.After(time.Second):
		case <-deadline:
			return // what is wrong is told by the invariants
		}
		if rests++; !w.atRest() || w.hub.Books().Unfinished()+w.cloud.Books().Left > 0 {
			rests = 0
		}
	}
}

// atRest says whether the record has nothing unfinished, and the queue nothing to tell.
func (w *world) atRest() bool {
	s := w.unfinished()
	return len(s.Jobs)+len(s.Runners)+len(s.Launches)+len(s.Reruns) == 0 && (w.poisoned || w.queue.Waiting() == 0)
}

// unfinished is what the record holds as going on.
func (w *world) unfinished() runner.Snapshot {
	w.t.Helper()
	items, err := w.record.Unfinished(w.t.Context())
	check(w.t, err)
	return runner.NewSnapshot(items...)
}

// job is what the record knows of a job.
func (w *world) job(id int64) runner.Job {
	w.t.Helper()
	items, err := w.record.Get(w.t.Context(), runner.JobKey(id))
	check(w.t, err)
	if len(items) != 1 {
		w.t.Fatalf("the record has no job %d", id)
	}
	return items[0].(runner.Job)
}

// instanceOf is what the record knows of the instance behind a runner's name.
func (w *world) instanceOf(runnerName string) runner.Runner {
	w.t.Helper()
	id, _ := runner.InstanceOf(stack, runnerName)
	items, err := w.record.Get(w.t.Context(), runner.RunnerKey(id))
	check(w.t, err)
	if len(items) != 1 {
		w.t.Fatalf("the record has no runner %q", runnerName)
	}
	return items[0].(runner.Runner)
}

// buffer is a bytes.Buffer that many may write to.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}
