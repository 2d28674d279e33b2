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

// timeout is how long the command may take. It only asks for the end, it does not wait for it.
const timeout = 30 * time.Second

// PowerOff runs a command that ends the instance. [Exec] is the real one.
type PowerOff func(ctx context.Context, command []string) error

// Exec is [PowerOff] with a process.
func Exec(ctx context.Context, command []string) error {
	output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, output)
	}
	return nil
}

// End ends the instance, even when ctx has ended. With no command there is nothing to do: the end
// of the agent's process is the end of its instance. An error is logged, and left to whoever sweeps.
func End(ctx context.Context, command []string, powerOff PowerOff, log *slog.Logger) {
	if len(command) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	log.Info("powering off")
	if err := powerOff(ctx, command); err != nil {
		log.Error("the instance could not be powered off", "error", err)
	}
}
