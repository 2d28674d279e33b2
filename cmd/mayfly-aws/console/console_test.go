package console_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
)

func TestAWordConfirms(t *testing.T) {
	for name, test := range map[string]struct {
		answer    string
		asks, yes bool
		want      string // of the error; empty is none
	}{
		"the word":         {"mayfly\n", true, false, ""},
		"with spaces":      {" mayfly \n", true, false, ""},
		"without a line":   {"mayfly", true, false, ""},
		"another word":     {"yes\n", true, false, "nothing was done"},
		"nothing":          {"", true, false, "nothing was done"},
		"beforehand":       {"", false, true, ""},
		"nobody to answer": {"mayfly\n", false, false, "say --yes"},
	} {
		t.Run(name, func(t *testing.T) {
			var printed bytes.Buffer
			err := console.Console{In: strings.NewReader(test.answer), Out: &printed, Asks: test.asks, Yes: test.yes}.Confirm("All of it goes.", "mayfly")
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
			if asked := strings.Contains(printed.String(), "Type mayfly to confirm"); asked != (test.asks && !test.yes) {
				t.Errorf("got %q printed, want the question if and only if somebody is there", printed.String())
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	failure := errors.New("no")
	for want, err := range map[int]error{0: nil, 1: failure, 2: fmt.Errorf("flags: %w", console.Misuse(failure))} {
		if got := console.Exit(err); got != want {
			t.Errorf("%v: got %d, want %d", err, got, want)
		}
	}
	if console.Misuse(nil) != nil {
		t.Error("misuse of nothing: got an error, want none")
	}
}
