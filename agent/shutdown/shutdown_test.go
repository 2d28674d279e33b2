package shutdown

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheInstanceEndsEvenWhenTheContextHas(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log strings.Builder
	var got []string
	End(ctx, []string{"poweroff", "now"}, func(ctx context.Context, command []string) error {
		got = command
		return errors.Join(ctx.Err(), errors.New("not allowed"))
	}, slog.New(slog.NewTextHandler(&log, nil)))
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
	}, slog.New(slog.DiscardHandler))
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
