package standin

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// files are those by which a step tells the runner something. GitHub keeps outputs and summaries; here
// nobody asks for them. Source: docs.github.com, "Workflow commands", environment files.
type files struct{ env, path, output, state, summary string }

// newFiles makes a step's files, which are empty.
func (p place) newFiles(n int) (files, error) {
	name := func(of string) string { return filepath.Join(p.temp, "step-"+strconv.Itoa(n)+"-"+of) }
	f := files{env: name("env"), path: name("path"), output: name("output"), state: name("state"), summary: name("summary")}
	for _, file := range []string{f.env, f.path, f.output, f.state, f.summary} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return files{}, fmt.Errorf("make the files of a step: %w", err)
		}
	}
	return f, nil
}

// variables tell a step where its files are.
func (f files) variables() []string {
	return []string{
		"GITHUB_ENV=" + f.env, "GITHUB_PATH=" + f.path, "GITHUB_OUTPUT=" + f.output, "GITHUB_STATE=" + f.state,
		"GITHUB_STEP_SUMMARY=" + f.summary,
	}
}

// after is the environment of the steps that come after one that wrote these files.
func (f files) after(env []string) ([]string, error) {
	wanted, err := os.ReadFile(f.env)
	if err != nil {
		return nil, fmt.Errorf("read GITHUB_ENV: %w", err)
	}
	set, err := assignments(string(wanted))
	if err != nil {
		return nil, err
	}
	env = append(env, set...)
	paths, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("read GITHUB_PATH: %w", err)
	}
	for path := range strings.Lines(string(paths)) {
		if path = strings.TrimSpace(path); path != "" {
			env = append(env, "PATH="+path+string(filepath.ListSeparator)+last(env, "PATH"))
		}
	}
	return env, nil
}

// last is the value that a variable has, which is the last that it was given.
func last(env []string, name string) (value string) {
	for _, entry := range env {
		if given, is := strings.CutPrefix(entry, name+"="); is {
			value = given
		}
	}
	return value
}

// assignments reads NAME=value, a line each; and NAME<<END, lines, and a line END.
func assignments(text string) (env []string, err error) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		name, value, equals := strings.Cut(line, "=")
		if before, end, heredoc := strings.Cut(line, "<<"); heredoc && (!equals || len(before) < len(name)) {
			ends := slices.Index(lines, end)
			if ends < 0 {
				return nil, fmt.Errorf("GITHUB_ENV has %q, and no line %q after it: end the value with such a line", line, end)
			}
			name, value, equals = before, strings.Join(lines[:ends], "\n"), true
			lines = lines[ends+1:]
		}
		switch {
		case line == "":
		case !equals || name == "":
			return nil, fmt.Errorf("GITHUB_ENV has %q, which is no assignment: write NAME=value", line)
		default:
			env = append(env, name+"="+value)
		}
	}
	return env, nil
}
