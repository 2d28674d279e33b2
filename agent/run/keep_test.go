package run

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listener ends with one code after the other, and notes when it was started.
type listener struct {
	codes    []int
	took     bool // with the last code, it had its job
	ends     func(code int)
	startsAt []time.Duration
	began    time.Time
}

func (l *listener) start(context.Context, Command) (int, error) {
	l.startsAt = append(l.startsAt, time.Since(l.began))
	code := l.codes[min(len(l.startsAt), len(l.codes))-1]
	l.ends(code)
	return code, nil
}

// kept is when a listener was started, and how it ended at last.
func kept(t *testing.T, l *listener) (code int) {
	t.Helper()
	if l.ends == nil {
		l.ends = func(int) {}
	}
	l.began = time.Now()
	code, err := Keep(t.Context(), l.start, Command{Dir: t.TempDir()}, func() bool { return l.took }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Error(err)
	}
	return code
}

func TestAListenerIsStartedAgainAsRunShWould(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		codes []int
		want  []time.Duration
		code  int
	}{
		"done":                 {[]int{0}, []time.Duration{0}, 0},
		"refused":              {[]int{1}, []time.Duration{0}, 1},
		"retries":              {[]int{2, 2, 0}, []time.Duration{0, 5 * s, 10 * s}, 0},
		"is refreshed":         {[]int{6, 0}, []time.Duration{0, 0}, 0},
		"updates for too long": {[]int{4, 0}, []time.Duration{0, 30 * s}, 0},
		"never gets through":   {[]int{2}, []time.Duration{0, 5 * s, 10 * s, 15 * s, 20 * s, 25 * s, 30 * s, 35 * s, 40 * s, 45 * s}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &listener{codes: test.codes}
				if got := kept(t, l); got != test.code {
					t.Errorf("exit code: got %d, want %d", got, test.code)
				}
				if diff := cmp.Diff(test.want, l.startsAt); diff != "" {
					t.Errorf("started at, want - got +:\n%s", diff)
				}
			})
		})
	}
}

func TestOfGitHubsRunnerTheListenerIsStarted(t *testing.T) {
	root := t.TempDir()
	listener := filepath.Join(root, "bin", "Runner.Listener")
	command := []string{filepath.Join(root, "run.sh"), "--check"}
	if diff := cmp.Diff(command, Listener(command)); diff != "" {
		t.Errorf("of somebody else's run.sh, want - got +:\n%s", diff)
	}
	if err := errors.Join(os.Mkdir(filepath.Dir(listener), 0o700), os.WriteFile(listener, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{listener, "run", "--check"}, Listener(command)); diff != "" {
		t.Errorf("of GitHub's run.sh, want - got +:\n%s", diff)
	}
	other := []string{filepath.Join(root, "other.sh")}
	if diff := cmp.Diff(other, Listener(other)); diff != "" {
		t.Errorf("of another program, want - got +:\n%s", diff)
	}
}

func TestAnUpdateIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := &listener{codes: []int{3, 0}, began: time.Now()}
		l.ends = func(int) {
			time.AfterFunc(7*time.Second, func() {
				if err := os.WriteFile(filepath.Join(dir, "update.finished"), nil, 0o600); err != nil {
					t.Error(err)
				}
			})
		}
		log := slog.New(slog.DiscardHandler)
		if _, err := Keep(t.Context(), l.start, Command{Dir: dir}, func() bool { return false }, log); err != nil {
			t.Fatal(err)
		}
		if got := l.startsAt[1]; got < 7*time.Second || got > 8*time.Second {
			t.Errorf("started again after %v, want soon after the update's 7 s", got)
		}
	})
}

func TestARunnerThatTookItsJobIsNotStartedAgain(t *testing.T) {
	for _, code := range []int{0, 2, 4} {
		l := &listener{codes: []int{code}, took: true}
		if got := kept(t, l); got != code || len(l.startsAt) != 1 {
			t.Errorf("exit code %d: got %d after %d starts, want it after one", code, got, len(l.startsAt))
		}
	}
}

func TestAListenerThatIsToEndIsNotStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		l := &listener{codes: []int{2}, ends: func(int) {}}
		code, err := Keep(ctx, l.start, Command{}, func() bool { return false }, slog.New(slog.DiscardHandler))
		if code != 2 || err != nil || len(l.startsAt) != 1 {
			t.Errorf("got %d, %v after %d starts, want 2 after one", code, err, len(l.startsAt))
		}
	})
}

func TestAListenerThatCannotBeStartedIsAnError(t *testing.T) {
	broken := errors.New("no such file")
	start := func(context.Context, Command) (int, error) { return 0, broken }
	if _, err := Keep(t.Context(), start, Command{}, func() bool { return false }, slog.New(slog.DiscardHandler)); !errors.Is(err, broken) {
		t.Errorf("error: got %v, want %v", err, broken)
	}
}
