// Package console is whoever sits before the program: what they are told, what they are asked, and what became of it.
package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Exit codes, as those of mayfly itself.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// Console is where a person reads and answers.
type Console struct {
	In  io.Reader
	Out io.Writer
	// Asks says that somebody is there to answer.
	Asks bool
	// Yes says that all is confirmed beforehand.
	Yes bool
}

// Say prints a line.
func (c Console) Say(format string, values ...any) {
	_, _ = fmt.Fprintf(c.Out, format+"\n", values...)
}

// ErrDeclined says that the person does not want it.
var ErrDeclined = errors.New("nothing was done: it was not confirmed")

// Confirm asks the person to type a word. Where nobody is there to ask, the error says how to confirm beforehand.
func (c Console) Confirm(question, word string) error {
	if c.Yes {
		return nil
	}
	if !c.Asks {
		return fmt.Errorf("%s Nobody is there to ask: to confirm it, say --yes", question)
	}
	_, _ = fmt.Fprintf(c.Out, "%s Type %s to confirm: ", question, word)
	answer, err := bufio.NewReader(c.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(answer) != word {
		return ErrDeclined
	}
	return nil
}

// MisuseError is about what the program was told, not about what came of it.
type MisuseError struct{ Err error }

func (e *MisuseError) Error() string { return e.Err.Error() }

// Unwrap is what is wrong with it.
func (e *MisuseError) Unwrap() error { return e.Err }

// Misuse makes an error one of misuse; nil stays nil.
func Misuse(err error) error {
	if err == nil {
		return nil
	}
	return &MisuseError{err}
}

// Exit is the exit code of an error.
func Exit(err error) int {
	var misuse *MisuseError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &misuse):
		return ExitUsage
	}
	return ExitFailed
}
