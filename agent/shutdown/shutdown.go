// Package shutdown ends the instance.
package shutdown

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"time"
)

// timeout is how long an orderly end may take: the command, and with a force all that follows from it.
const timeout = 30 * time.Second

// PowerOff runs a command that ends the instance. [Exec] is the real one.
type PowerOff func(ctx context.Context, command []string) error

// Force ends the instance with nothing in order. [Now] is the real one.
type Force func() error

// Exec is [PowerOff] with a process.
func Exec(ctx context.Context, command []string) error {
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.WaitDelay = time.Second // for what the command started and left behind
	output, err := process.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, output)
	}
	return nil
}

// End ends the instance, even when ctx has ended. With no command there is nothing to do: the end
// of the agent's process is the end of its instance. An error is logged, and left to whoever sweeps.
//
// With a force, End waits for the end of ctx, by which the system says that it is about to end the agent,
// too. If that is not within 30 s, or the command failed, the instance is ended by force.
func End(ctx context.Context, command []string, powerOff PowerOff, force Force, log *slog.Logger) {
	if len(command) == 0 {
		return
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	log.Info("powering off")
	err := powerOff(limited, command)
	if err != nil {
		log.Error("the instance could not be powered off", "error", err)
	}
	if force == nil || err == nil && isEnding(ctx, limited) {
		return
	}
	log.Error("the instance is powered off by force")
	if err := force(); err != nil {
		log.Error("the instance could not be powered off by force", "error", err)
	}
}

// isEnding waits until the system ends the agent, or the time is over.
func isEnding(ctx, limited context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	case <-limited.Done():
		return false
	}
}
