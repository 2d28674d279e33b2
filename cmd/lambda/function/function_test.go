package function_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
)

func TestWhatCannotBeMadeFailsItsOwnEventsAlone(t *testing.T) {
	var log strings.Builder
	unset, ticked := errors.New("MAYFLY_STACK is not set"), false
	f := function.Function{
		Web:      func(context.Context) (http.Handler, error) { return nil, unset },
		Worker:   func(context.Context) (*function.Worker, error) { return nil, unset },
		Schedule: []function.Task{{Name: "watchdog", Do: func(context.Context) error { ticked = true; return nil }}},
		Log:      slog.New(slog.NewTextHandler(&log, nil)),
	}
	for _, event := range []string{"web.json", "queue.json"} {
		if answer, err := f.Invoke(t.Context(), fixture(t, event)); !errors.Is(err, unset) || answer != nil {
			t.Errorf("%s: got %q, %v, want %v", event, answer, err, unset)
		}
	}
	if got, want := strings.Count(log.String(), "level=ERROR"), 2; got != want {
		t.Errorf("got %d errors in the log, want %d:\n%s", got, want, &log)
	}
	if _, err := f.Invoke(t.Context(), fixture(t, "schedule.json")); err != nil || !ticked {
		t.Errorf("a tick: got %v, want the watchdog at its work", err)
	}
}
