package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheLogOfEachJobIsKeptInAFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "logs")
	if err := openLogs(Flags{Logs: dir}); err != nil {
		t.Fatal(err)
	}
	rows := []Row{{Job: "check (x64, 1)", Log: "fine\n"}, {Job: "../../über", Log: "x\n"}, {Job: strings.Repeat("long ", 50)}, {Job: "check (x64, 1)", Log: "again\n"}}
	if err := keepLogs(dir, rows); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[entry.Name()] = string(text)
	}
	want := map[string]string{
		"01-check-x64-1.log": "fine\n", "02-ber.log": "x\n", "03-" + strings.Repeat("long-", 12) + ".log": "", "04-check-x64-1.log": "again\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWithoutADirectoryNoLogIsKept(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := openLogs(Flags{}); err != nil {
		t.Fatal(err)
	}
	if err := keepLogs("", []Row{{Job: "a", Log: "x"}}); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want no file", left, err)
	}
}

func TestADirectoryThatCannotBeMadeIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openLogs(Flags{Logs: file}); err == nil || !strings.Contains(err.Error(), "flag --logs "+file) || !strings.Contains(err.Error(), "give a directory") {
		t.Errorf("got %v, want the flag, its value and the way out", err)
	}
}
