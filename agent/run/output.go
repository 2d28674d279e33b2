package run

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is how much of a line is kept before it is passed on unfinished.
const maxLine = 64 << 10

// Output passes a runner's output on, line by line, and tells when its state changes. It never
// fails: a job does not end because nobody reads its output.
type Output struct {
	to       io.Writer
	changed  func(State)
	updating func()

	mu        sync.Mutex
	state     State
	result    string
	complaint string
	line      []byte
	midLine   bool // the beginning of the line is passed on already
}

// NewOutput passes output on to a writer, and calls changed once for each state that is reached, in
// order, while the output that tells it is written. It calls updating each time that the runner begins
// to update itself.
func NewOutput(to io.Writer, changed func(State), updating func()) *Output {
	return &Output{to: to, changed: changed, updating: updating}
}

// State is how far the runner has come.
func (o *Output) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

// Result is how GitHub's runner says that its job ended, such as "Succeeded"; empty if it said nothing.
func (o *Output) Result() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.result
}

// Complaint is the last error that the runner told of before it had a job; empty if there was none.
func (o *Output) Complaint() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.complaint
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
		o.hear(string(o.line))
	}
	o.midLine = o.line[len(o.line)-1] != '\n'
	o.line = o.line[:0]
}

// hear takes in what a line tells. What comes after a job began may be the job's own.
func (o *Output) hear(line string) {
	if to := stateOf(line); to > o.state {
		o.state = to
		if to == JobDone {
			o.result = resultOf(line)
		}
		o.changed(to)
	}
	if o.state >= JobStarted {
		return
	}
	if complaint := complaintOf(line); complaint != "" {
		o.complaint = complaint
	}
	if isUpdate(line) {
		o.updating()
	}
}
