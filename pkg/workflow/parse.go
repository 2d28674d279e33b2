package workflow

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rhysd/actionlint"
)

// What a file may be at most: the limits are ours, far above what people write.
const (
	maxBytes = 512 << 10 // of text
	maxNodes = 100_000   // of YAML, once every alias is what it stands for
	maxDepth = 100       // of YAML
	maxJobs  = 1000      // of a run
	maxSteps = 20_000    // of a matrix
)

// Read reads a file. Its error is an [*Error].
func Read(path string, run Run) (Workflow, error) {
	file, err := os.Open(path)
	if err != nil {
		return Workflow{}, unreadable(path, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return Workflow{}, unreadable(path, err)
	}
	return Parse(path, text, run)
}

// Parse reads a file's text. Its error is an [*Error]: the first that is wrong, or what makes it so.
func Parse(path string, text []byte, run Run) (Workflow, error) {
	w, err := parse(path, text, run)
	var wrong *Error
	if errors.As(err, &wrong) {
		wrong.File = path
	}
	return w, err
}

func parse(path string, text []byte, run Run) (Workflow, error) {
	if len(text) > maxBytes {
		return Workflow{}, errorAt(nil, "it is larger than %d KiB: give a workflow file, or split it", maxBytes>>10)
	}
	types, err := weigh(text)
	if err != nil {
		return Workflow{}, err
	}
	tree, wrong := lint(text)
	if err := first(wrong, tree); err != nil {
		return Workflow{}, err
	}
	f := &file{path: path, run: run, tree: tree, types: types}
	jobs, err := f.jobs()
	if err != nil {
		return Workflow{}, err
	}
	return Workflow{Name: f.name(), Jobs: jobs, Notices: f.notices}, nil
}

// lint is the parser, whose panics are what is wrong with the text too: it has a few, on numbers that
// are none.
func lint(text []byte) (tree *actionlint.Workflow, wrong []*actionlint.Error) {
	defer func() {
		if cause := recover(); cause != nil {
			wrong = []*actionlint.Error{{Line: 1, Column: 1, Message: fmt.Sprintf("it cannot be parsed (%v): look for a value that is no workflow's", cause)}}
		}
	}()
	return actionlint.Parse(text)
}
