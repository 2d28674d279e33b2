// Package run runs GitHub's runner and understands what it prints.
package run

import (
	"context"
	"io"
)

// Command is a runner to start. Its environment holds the JIT config: never log it.
type Command struct {
	Args   []string // the program and its arguments
	Env    []string // all of its environment, as "NAME=value"
	Dir    string   // its working directory
	Out    io.Writer
	User   *User   // whom it runs as; nil is whoever runs the agent
	Cgroup *Cgroup // what it runs in and ends with; nil is a process group alone
}

// User is whom a runner runs as. Its groups are these and no other: none of the agent's are left.
type User struct {
	UID, GID uint32
	Groups   []uint32 // beside GID
	Umask    int      // of all that the job makes; zero is 077
}

// Start runs a command to its end, and asks it to end when ctx does. An exit code is no error,
// whatever it is; a command that could not be started is. Nothing is written to Out after it
// returns. [Exec] is the real one.
type Start func(ctx context.Context, command Command) (exitCode int, err error)
