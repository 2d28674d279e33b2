package agent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	canary     = "canary-7f3a-the-right-to-take-one-job"
	roleID     = "AROAEXAMPLE"
	bucketName = "ci-bucket"
)

// world is one instance in a cloud, all over a network in a process.
type world struct {
	Instance string
	machine  localcloud.Machine
	cloud    *localcloud.Cloud
	server   *bucket.Bucket // the bucket, as the server may use it
	network  localnet.Network
	endpoint string // of the metadata; empty is EC2's own
	root     string // of the machine's files

	// What a test may put in the way.
	metadata func(http.Handler) http.Handler
	s3       func(http.Handler) http.Handler
	start    run.Start
	releases http.HandlerFunc // whatever is at https://

	log, stdout buffer
	mu          sync.Mutex
	events      []string // what happened, in order
	polls       []string // the requests for notices, and the connections that were made for any metadata
	command     run.Command
	masker      *secret.Masker // masks nothing here, so that what is told is seen
}

// newWorld is an instance that has booted, with this user data and no assignment yet.
func newWorld(t *testing.T, userData []byte) *world {
	t.Helper()
	w := &world{start: oneJob, masker: secret.NewMasker(), metadata: untouched, s3: untouched, root: t.TempDir(), releases: http.NotFound}
	w.image(t)
	booted := make(chan localcloud.Machine, 1)
	cloud := localcloud.New(localcloud.Config{
		Seed: 1, Stack: "ci", Region: "us-east-1", Zones: []string{"us-east-1a"}, Bucket: bucketName, RoleID: roleID,
		UserData: userData, Events: func([]byte) {}, Delays: localcloud.Delays{Pending: 8 * time.Second},
		Boot: func(ctx context.Context, machine localcloud.Machine) { booted <- machine; <-ctx.Done() },
	})
	t.Cleanup(cloud.Close)
	w.cloud = cloud
	_, err := cloud.Launch(t.Context(), launchOf(1))
	if err != nil {
		t.Fatal(err)
	}
	w.machine = <-booted
	w.Instance = w.machine.Instance.ID
	for _, address := range []string{"169.254.169.254:80", "127.0.0.1:80"} {
		w.serve(t, address, func(r *http.Request) http.Handler { w.note("metadata", r); return w.metadata(w.machine.Metadata) })
	}
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
	server := &http.Server{
		Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler(r).ServeHTTP(rw, r) }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew && strings.HasPrefix(address, "169.254.") {
				w.happened("poll connection")
			}
		},
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

func (w *world) note(who string, r *http.Request) {
	if who == "metadata" && w.count("start") > 0 {
		who = "poll" // whoever starts no runner any more looks for notices
	}
	w.happened(fmt.Sprintf("%s %s %s", who, r.Method, strings.NewReplacer(roleID, "ROLE", w.Instance, "INSTANCE").Replace(r.URL.Path)))
}

func (w *world) happened(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasPrefix(what, "poll ") {
		w.polls = append(w.polls, what)
		return
	}
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

// live runs the agent to its end, and looks for the secret in all that is left.
func (w *world) live(ctx context.Context, t *testing.T) error {
	t.Helper()
	transport := w.network.Transport()
	defer transport.CloseIdleConnections()
	err := agent.Run(ctx, agent.Config{
		Root: w.root, Endpoint: w.endpoint, Transport: withReleases{transport, w}, Start: w.started, Stdout: &w.stdout, Masker: w.masker,
		Tool: func(_ context.Context, command ...string) error {
			w.happened("tool " + command[0])
			return nil
		},
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
	if masked := w.masker.MaskString(canary); masked == canary {
		return 1, errors.New("the secret is used before the masker knows it")
	}
	code, err := w.start(ctx, command)
	for _, file := range files(command.Dir) {
		if body, _ := os.ReadFile(file); bytes.Contains(body, []byte(canary)) {
			return code, fmt.Errorf("the secret is in %s", file)
		}
	}
	return code, err
}
