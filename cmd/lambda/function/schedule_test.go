package function_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestATasksFaultOrSlownessKeepsNoOtherFromItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, did := errors.New("the container is down"), time.Duration(0)
		began := time.Now()
		var log strings.Builder
		f := function.Function{Log: slog.New(slog.NewTextHandler(&log, nil)), Schedule: []function.Task{
			{Name: "tick", Do: func(context.Context) error { time.Sleep(55 * time.Second); return down }},
			{Name: "watchdog", Do: func(context.Context) error { did = time.Since(began); return nil }},
		}}
		if _, err := f.Invoke(t.Context(), fixture(t, "schedule.json")); !errors.Is(err, down) || !strings.Contains(err.Error(), "tick: ") {
			t.Errorf("got %v, want the tick's error", err)
		}
		if did != 0 || !strings.Contains(log.String(), "the container is down") {
			t.Errorf("got the watchdog after %s and the log %q, want it at once, and the error", did, &log)
		}
	})
}

// container answers a tick as a server in a container would.
func container(t *testing.T, handler http.HandlerFunc) function.Container {
	var network localnet.Network
	listener, err := network.Listen("server:80")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	go func() { _ = web.Serve(listener) }()
	transport := network.Transport()
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = web.Close() })
	return function.Container{
		URL: "http://server:80/internal/tick", Transport: transport,
		Token: secret.New("the tick's token, of 32 bytes..."),
	}
}

func TestATickCallsTheContainerAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		c := container(t, func(_ http.ResponseWriter, r *http.Request) { got = r; time.Sleep(55 * time.Second) })
		began := time.Now()
		if err := c.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); got.Method != http.MethodPost || got.URL.Path != "/internal/tick" ||
			got.Header.Get("Authorization") != "Bearer the tick's token, of 32 bytes..." || took != 55*time.Second {
			t.Errorf("got %s %s %v for %s", got.Method, got.URL, got.Header, took)
		}
	})
}

func TestATickThatTheContainerRefusesFails(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusServiceUnavailable, http.StatusFound} {
		synctest.Test(t, func(t *testing.T) {
			c := container(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/internal/tick" {
					t.Errorf("%d: %s was called, too", status, r.URL)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			})
			err := c.Tick(t.Context())
			if err == nil || !strings.Contains(err.Error(), http.StatusText(status)) || strings.Contains(err.Error(), "the tick's token") {
				t.Errorf("%d: got %v, want an error that names the status and not the token", status, err)
			}
		})
	}
}
