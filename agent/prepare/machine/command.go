package machine

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Command is a program to call. It is an [Act].
type Command struct {
	Args   []string
	Key    int  // so many random bytes go to its stdin, and are kept nowhere
	Fails  bool // it has to fail with code 2, which is how blkid says that it found nothing
	Within time.Duration
}

// within is how long a program may take, unless it says otherwise. All of them take milliseconds.
const within = 30 * time.Second

// Program runs a program to its end, with that stdin, and tells its exit code and what it printed. An
// exit code is no error. [Exec] is the real one.
type Program func(ctx context.Context, args []string, stdin []byte) (exitCode int, output string, err error)

// Exec is [Program] with a process. Of the environment it gets a path and a language.
func Exec(ctx context.Context, args []string, stdin []byte) (exitCode int, output string, err error) {
	process := exec.CommandContext(ctx, args[0], args[1:]...)
	process.Env = []string{"PATH=" + path, "LC_ALL=C"}
	process.Stdin = bytes.NewReader(stdin)
	process.WaitDelay = time.Second // for what it left behind to close the pipe
	said, err := process.CombinedOutput()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.As(err, &exited) && exited.Exited():
		err = nil
	}
	return process.ProcessState.ExitCode(), string(said), err
}

// path is where a system's programs are. The agent's own PATH is whatever its unit has.
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (c Command) String() string {
	text := strings.Join(c.Args, " ")
	if c.Key > 0 {
		text += fmt.Sprintf(" < %d random bytes", c.Key)
	}
	return text
}

func (c Command) do(ctx context.Context, run Program) error {
	limit := c.Within
	if limit == 0 {
		limit = within
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %v", limit))
	defer cancel()
	key := make([]byte, c.Key)
	_, _ = rand.Read(key) // it never fails
	defer clear(key)
	code, output, err := run(ctx, c.Args, key)
	output = strings.TrimSpace(output)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %s", err, output)
	case c.Fails && code == 0:
		return fmt.Errorf("there is something on it already: %s: use an empty volume", output)
	case c.Fails && code == 2, !c.Fails && code == 0:
		return nil
	}
	return fmt.Errorf("exit code %d: %s", code, output)
}
