//go:build vm

package vmtest_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
)

// kept looks for the secret wherever the agent, or anything else, may have put it.
func kept(t *testing.T, s *vmtest.Site, b vmtest.Booted) {
	t.Helper()
	jit := s.JIT.Reveal()
	runners := 0
	for line := range strings.Lines(b.Told["processes"]) {
		fields := strings.SplitN(line, "\t", 4)
		if len(fields) < 4 {
			t.Fatalf("got %q of a process, want 4 fields", line)
		}
		pid, uid, arguments, environment := fields[0], fields[1], fields[2], fields[3]
		if found := leaks([]byte(arguments), jit, s.Canary); len(found) > 0 {
			t.Errorf("in the arguments of process %s of uid %s: %v: %s", pid, uid, found, arguments)
		}
		if found := leaks([]byte(environment), jit, s.Canary); len(found) > 0 && uid != "1001" {
			t.Errorf("in the environment of process %s of uid %s: %v: %s", pid, uid, found, arguments)
		} else if len(found) > 0 {
			runners++
		}
	}
	if runners == 0 {
		t.Error("no process had it in its environment, want the runner: the witness has looked at the wrong time")
	}
	for _, place := range []struct{ name, text string }{{"console", b.Console}, {"files in memory", b.Told["memory-files"]}, {"job's log", b.Job.Log}} {
		if place.text == "" {
			t.Errorf("%s: got nothing to look at", place.name)
		}
		if found := leaks([]byte(place.text), jit, s.Canary); len(found) > 0 {
			t.Errorf("in the %s: %v", place.name, found)
		}
	}
	vmtest.Search(t, b.Disk, func(part []byte) {
		for _, leak := range leaks(part, jit, s.Canary) {
			t.Errorf("on the disk: %s", leak)
		}
	})
	for _, text := range []string{marked + s.Canary, `"msg":"assignment read"`, line()} {
		if !vmtest.Holds(t, b.Disk, text) {
			t.Errorf("%q is nowhere on the disk, want the runner's credential file, the journal and what the job wrote: what is not found there proves nothing", text)
		}
	}
}
