package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatNeedsAWSIsDoneByTheCompanion(t *testing.T) {
	dir := t.TempDir()
	mayfly := filepath.Join(dir, "mayfly")
	if err := os.Link(program, mayfly); err != nil {
		t.Fatal(err)
	}
	companion := filepath.Join(dir, "mayfly-aws")
	if err := os.WriteFile(companion, []byte("#!/bin/sh\necho \"$@\"\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"deploy", "destroy", "image"} {
		output, err := exec.CommandContext(t.Context(), mayfly, command, "--flag", "a value").Output()
		if diff := cmp.Diff(command+" --flag a value\n", string(output)); diff != "" {
			t.Errorf("%s: the companion printed other arguments (-want +got):\n%s", command, diff)
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Errorf("%s: got %v, want the companion's exit code 7", command, err)
		}
	}
}

func TestWithoutTheCompanionItSaysHowToBuildIt(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), program, "deploy").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "make build") || strings.Count(string(output), "\n") != 1 {
		t.Errorf("got %v and %q, want one line that names make build", err, output)
	}
}
