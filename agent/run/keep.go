package run

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// updated is what an update leaves in the listener's working directory when it is complete.
	// Source: github.com/actions/runner, src/Misc/layoutbin/update.sh.template.
	updated    = "update.finished"
	updateWait = 30 * time.Second // for it, as run-helper.sh waits
	updateLook = time.Second
)

// Listener is what GitHub's run.sh starts, of a command that is one; of any other, the command.
// Source: github.com/actions/runner, src/Misc/layoutroot/run-helper.sh.template.
func Listener(command []string) []string {
	program := filepath.Join(filepath.Dir(command[0]), "bin", "Runner.Listener")
	if _, err := os.Stat(program); err != nil || filepath.Base(command[0]) != "run.sh" {
		return command
	}
	return slices.Concat([]string{program, "run"}, command[1:])
}

// Keep starts a [Listener], and starts it again for as long as GitHub's run.sh would, which it replaces: there
// is no shell in between, whose exit code would say nothing. A runner that took its job is never started
// again. The exit code is the last one's.
func Keep(ctx context.Context, start Start, command Command, tookJob func() bool, log *slog.Logger) (exitCode int, err error) {
	for tries := 1; ; tries++ {
		exitCode, err = start(ctx, command)
		if err != nil || tookJob() || ctx.Err() != nil {
			return exitCode, err
		}
		again, wait := next(exitCode, tries)
		if !again {
			return exitCode, nil
		}
		log.Info("the runner is started again", "exit_code", exitCode, "tries", tries)
		if updates(exitCode) {
			awaitUpdate(ctx, command.Dir)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return exitCode, nil
		}
	}
}

// awaitUpdate waits until an update is complete. One that is not within its time is started all the same:
// what is there then is the runner of before.
func awaitUpdate(ctx context.Context, dir string) {
	ctx, cancel := context.WithTimeout(ctx, updateWait)
	defer cancel()
	for {
		if os.Remove(filepath.Join(dir, updated)) == nil {
			return
		}
		select {
		case <-time.After(updateLook):
		case <-ctx.Done():
			return
		}
	}
}
