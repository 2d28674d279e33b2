package imagetest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/docker"
)

const scripts = "../scripts/"

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDockerIsToldWhatTheAgentWants(t *testing.T) {
	if diff := cmp.Diff(docker.DaemonConfig, read(t, scripts+"files/hardened"+docker.DaemonFile)); diff != "" {
		t.Errorf("docker.DaemonConfig and the image's file (-want +got):\n%s", diff)
	}
	if got := read(t, scripts+"files/hardened/etc/systemd/system/docker.service.d/mayfly.conf"); !strings.Contains(got, "ConditionPathExists="+docker.Socket+"\n") {
		t.Errorf("got %s, want that Docker waits for %s", got, docker.Socket)
	}
}

func TestEveryUnitThatIsTakenOutHasAReason(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(read(t, scripts+"units.txt")) {
		unit, reason, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case unit == "#" || unit == "":
		case len(strings.TrimSpace(reason)) < len("the same"):
			t.Errorf("got %q, want a unit and why no image has it", line)
		case seen[unit]:
			t.Errorf("%s is there twice", unit)
		}
		seen[unit] = true
	}
}
