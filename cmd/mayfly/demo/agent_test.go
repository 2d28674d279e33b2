package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheAgentBesideTheProgramIsTaken(t *testing.T) {
	dir := t.TempDir()
	want := filepath.Join(dir, "agent")
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := findAgent(t.Context(), filepath.Join(dir, "mayfly"), t.TempDir(), func(text string) { t.Errorf("said %q, want nothing", text) })
	if err != nil || got != want {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
}

func TestTheAgentIsBuiltWhereThereIsNone(t *testing.T) {
	said := ""
	path, err := findAgent(t.Context(), filepath.Join(t.TempDir(), "mayfly"), t.TempDir(), func(text string) { said += text })
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("got %v (%v), want a program", info, err)
	}
	if want := "Building the agent…"; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestWhereNoAgentCanBeBuiltThatIsSaid(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	beside := filepath.Join(dir, "mayfly")
	_, err := findAgent(t.Context(), beside, dir, func(string) {})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "agent")) || !strings.Contains(err.Error(), "start the demo in Mayfly's repository") {
		t.Errorf("got %v, want the path that was tried, and what to do", err)
	}
}
