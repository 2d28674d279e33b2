package workflow

import (
	"errors"
	"fmt"
	"os"

	"github.com/rhysd/actionlint"

	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

// Error is what is wrong with a file, where, and what to do.
type Error struct {
	File string
	Position
	Text string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// errorAt is an error whose file is filled in by [Parse].
func errorAt(at *actionlint.Pos, format string, args ...any) *Error {
	return &Error{Position: position(at), Text: fmt.Sprintf(format, args...)}
}

// position is a place that the parser tells, which may be nowhere.
func position(at *actionlint.Pos) Position {
	if at == nil {
		return Position{Line: 1, Column: 1}
	}
	return Position{Line: max(at.Line, 1), Column: max(at.Col, 1)}
}

// unreadable is why a file cannot be opened, and the way out.
func unreadable(file string, err error) *Error {
	problem := "cannot be read: " + err.Error()
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		problem = fmt.Sprintf("cannot be read (%v)", pathError.Err)
	}
	return &Error{File: file, Position: Position{1, 1}, Text: problem + ": give the path of a workflow file, such as .github/workflows/ci.yml"}
}

// instead suggests the name that was meant; or else lists what there is.
func instead(wrong string, names []string) string {
	if meant := nearest.Name(wrong, names); meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return "there is " + list(names)
}
