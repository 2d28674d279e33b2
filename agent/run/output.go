package run

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"
)

// State is how far a runner has come, as its output tells it.
type State int

// The states, in order. A runner never goes back: it has one job.
const (
	Starting State = iota
	Listening
	JobStarted
	JobDone
)

// maxLine is how much of a line is kept before it is passed on unfinished.
const maxLine = 64 << 10

// Output passes a runner's output on, line by line, and tells when its state changes. It never
// fails: a job does not end because nobody reads its output.
type Output struct {
	to      io.Writer
	changed func(State)

	mu      sync.Mutex
	state   State
	line    []byte
	midLine bool // the beginning of the line is passed on already
}

// NewOutput passes output on to a writer, and calls changed once for each state that is reached, in
// order, while the output that tells it is written.
func NewOutput(to io.Writer, changed func(State)) *Output {
	return &Output{to: to, changed: changed}
}

// State is how far the runner has come.
func (o *Output) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

// Write takes all of the output. Its error is always nil.
func (o *Output) Write(output []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := output; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		end = min(end, maxLine-len(o.line))
		o.line, rest = append(o.line, rest[:end]...), rest[end:]
		if len(o.line) == maxLine || o.line[len(o.line)-1] == '\n' {
			o.pass()
		}
	}
	return len(output), nil
}

// Close passes on a last line that has no end.
func (o *Output) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pass()
}

func (o *Output) pass() {
	if len(o.line) == 0 {
		return
	}
	_, _ = o.to.Write(o.line)
	if !o.midLine {
		o.advance(stateOf(string(o.line)))
	}
	o.midLine = o.line[len(o.line)-1] != '\n'
	o.line = o.line[:0]
}

func (o *Output) advance(to State) {
	if to > o.state {
		o.state = to
		o.changed(to)
	}
}

// stateOf reads a line of GitHub's runner, such as "2026-01-02 15:04:05Z: Listening for Jobs". A
// job's name is in some of them, and anybody may choose it: only how a line begins is believed.
// Source: github.com/actions/runner, src/Runner.Listener/{Runner,JobDispatcher}.cs.
func stateOf(line string) State {
	const stamp = "2006-01-02 15:04:05Z"
	if len(line) < len(stamp) {
		return Starting
	}
	if _, err := time.Parse(stamp, line[:len(stamp)]); err != nil {
		return Starting
	}
	message := line[len(stamp):]
	switch {
	case strings.HasPrefix(message, ": Listening for Jobs"):
		return Listening
	case strings.HasPrefix(message, ": Running job: "):
		return JobStarted
	case strings.HasPrefix(message, ": Job ") && strings.Contains(message, " completed with result: "):
		return JobDone
	}
	return Starting
}
