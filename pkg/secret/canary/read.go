package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is a line of `go test -json`. Source: `go doc test2json`.
type event struct {
	Action  string
	Package string
	Test    string // empty is the package
	Output  string
}

// tests is all that tests have printed, by package and test.
type tests struct {
	printed map[string]*strings.Builder
	bytes   int
	failed  bool
}

// read reads events to their end, and prints what go test would have printed without -json: a line
// for each package, all of a test that failed, and what did not compile.
func read(in io.Reader, out io.Writer) (tests, error) {
	all := tests{printed: map[string]*strings.Builder{}}
	lines := bufio.NewReader(in)
	for ended := false; !ended; {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return all, fmt.Errorf("read the tests' output: %w", err)
		}
		ended = err != nil
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			e = event{Action: "build-output", Output: string(line)} // no event: go itself says something
		}
		all.take(e, out)
	}
	if all.bytes == 0 {
		return all, errors.New("no test printed anything: pipe the output of `go test -json ./...` into this")
	}
	return all, nil
}

func (t *tests) take(e event, out io.Writer) {
	who := strings.TrimSpace(e.Package + " " + e.Test)
	printed := t.printed[who]
	if printed == nil {
		printed = &strings.Builder{}
		t.printed[who] = printed
	}
	printed.WriteString(e.Output)
	t.bytes += len(e.Output)
	switch {
	case e.Action == "fail" || e.Action == "build-fail":
		t.failed = true
		if e.Test != "" {
			_, _ = io.WriteString(out, printed.String())
		}
	case e.Action == "build-output", e.Test == "" && e.Output != "PASS\n":
		_, _ = io.WriteString(out, e.Output)
	}
}
