package shutdown

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var errNotAllowed = errors.New("not allowed")

func TestTheInstanceEndsEvenWhenTheContextHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log strings.Builder
	var got []string
	End(ctx, []string{"poweroff", "now"}, func(ctx context.Context, command []string) error {
		got = command
		return errors.Join(ctx.Err(), errNotAllowed)
	}, nil, slog.New(slog.NewTextHandler(&log, nil)))
	if diff := cmp.Diff([]string{"poweroff", "now"}, got); diff != "" {
		t.Errorf("command, want - got +:\n%s", diff)
	}
	if text := log.String(); !strings.Contains(text, "not allowed") || strings.Contains(text, "canceled") {
		t.Errorf("log: got %q, want its own error only", text)
	}
}

func TestWithNoCommandNothingIsRun(t *testing.T) {
	End(t.Context(), nil, func(context.Context, []string) error {
		t.Error("something was run")
		return nil
	}, func() error {
		t.Error("the instance was ended by force")
		return nil
	}, slog.New(slog.DiscardHandler))
}

func TestAPowerOffThatHangsIsForced(t *testing.T) {
	obeys := func(context.Context, []string) error { return nil }
	for name, test := range map[string]struct {
		powerOff PowerOff
		sigterm  time.Duration // when the system ends the agent; zero is never
		forced   time.Duration // never is -1
	}{
		"goes on":           {obeys, time.Second, -1},
		"was going on":      {obeys, -time.Second, -1},
		"gets stuck":        {obeys, 0, 30 * time.Second},
		"hangs":             {func(ctx context.Context, _ []string) error { <-ctx.Done(); return ctx.Err() }, 0, 30 * time.Second},
		"is not allowed":    {func(context.Context, []string) error { return errNotAllowed }, 0, 0},
		"fails at the end":  {func(context.Context, []string) error { return errNotAllowed }, -time.Second, 0},
		"gets stuck slowly": {func(context.Context, []string) error { time.Sleep(20 * time.Second); return nil }, 0, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				switch {
				case test.sigterm < 0:
					cancel()
				case test.sigterm > 0:
					time.AfterFunc(test.sigterm, cancel)
				}
				began, forced := time.Now(), time.Duration(-1)
				force := func() error { forced = time.Since(began); return errNotAllowed }
				End(ctx, []string{"poweroff"}, test.powerOff, force, slog.New(slog.DiscardHandler))
				if forced != test.forced {
					t.Errorf("forced after %v, want %v", forced, test.forced)
				}
			})
		})
	}
}

func TestExecRunsTheCommandAndTellsWhatItSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "off")
	if err := Exec(t.Context(), []string{"/bin/sh", "-c", `: > "$0"`, file}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the command did not run: %v", err)
	}
	err := Exec(t.Context(), []string{"/bin/sh", "-c", "echo access denied >&2; exit 1"})
	if err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("error: got %v, want one with what the command said", err)
	}
}
