package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const (
	checks  = "/opt/mayfly/verify/verify.sh" // the image's own, put there when it was built
	console = "/dev/console"
	// legible is how long the machine stays once it has told its verdict: of one that has ended EC2 shows what was on
	// the console only minutes later.
	legible = 2 * time.Minute
)

// tryImage makes the machine as ready as for a job, and then runs the image's own checks, as root. What they say goes to the
// console, which whoever started the instance reads by EC2: there is no bucket and no assignment in a test boot.
func (l *life) tryImage(ctx context.Context) error {
	out, err := os.OpenFile(l.Root+console, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("test boot: %w", err)
	}
	defer func() { _ = out.Close() }()
	err = l.check(ctx, out)
	verdict := assignment.TestBootPassed
	if err != nil {
		tellConsole(out, err.Error())
		verdict = assignment.TestBootFailed
	}
	tellConsole(out, verdict)
	select {
	case <-time.After(legible):
	case <-ctx.Done():
	}
	return err
}

func (l *life) check(ctx context.Context, out io.Writer) error {
	if err := l.makeMachine(ctx); err != nil {
		return err
	}
	if err := l.prepare(ctx); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	said, err := l.Hands.Check(ctx, l.Root+checks)
	for line := range bytes.Lines(said) {
		tellConsole(out, string(bytes.TrimSpace(line)))
	}
	if err != nil {
		return fmt.Errorf("the image's checks: %w", err)
	}
	return nil
}

// tellConsole writes a line of its own, though the kernel writes there, too, and ends its lines when it likes.
func tellConsole(out io.Writer, line string) {
	_, _ = io.WriteString(out, "\n"+assignment.TestBootMark+line+"\n") // nobody could be told that it failed
}

func runChecks(ctx context.Context, program string) (said []byte, err error) {
	return exec.CommandContext(ctx, program).CombinedOutput()
}
