package agent_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// tried is a world whose instance tries its image, and what its console says at the end.
func tried(t *testing.T, broken string) (w *world, console []string, err error) {
	t.Helper()
	w = newWorld(t, ordered(t, func(u *assignment.UserData) {
		u.TestBoot, u.Profile, u.Bucket, u.RoleID = true, assignment.Hardened, "", ""
	}))
	if err := os.MkdirAll(w.root+"/dev", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.root+"/dev/console", []byte("[    1.0] half a line of the kernel's"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.made.broken = map[string]error{broken: errors.New("no")}
	err = w.live(t.Context(), t)
	text, _ := os.ReadFile(w.root + "/dev/console")
	for line := range strings.Lines(string(text)) {
		if said, is := strings.CutPrefix(line, assignment.TestBootMark); is {
			console = append(console, strings.TrimSpace(said))
		}
	}
	return w, console, err
}

func TestAnImageIsTriedOnAMachineThatIsReadyForAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, console, err := tried(t, "")
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"ok no key is in the image", "FAILED swap is encrypted", "passed"}, console); diff != "" {
			t.Errorf("the console (-want +got):\n%s", diff)
		}
		if got, want := w.made.checked, w.root+"/opt/mayfly/verify/verify.sh"; got != want {
			t.Errorf("it ran %q, want %q", got, want)
		}
		if door, check := slices.Index(w.events, "door"), slices.Index(w.events, "check"); door < 0 || door > check {
			t.Errorf("it was checked before its door was shut: %q", w.events)
		}
		if w.count("start") != 0 || w.count("s3") != 0 || w.count("poweroff now") != 1 {
			t.Errorf("got %q, want no runner, nothing of the bucket, and the machine's end", w.events)
		}
	})
}

func TestAnImageThatCannotBeMadeReadyOrFailsItsChecksSaysSo(t *testing.T) {
	for broken, want := range map[string]string{
		"machine": "prepare the machine: no", "door": "prepare: the metadata's door: no", "listeners": "prepare: no", "check": "the image's checks: no",
	} {
		t.Run(broken, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, console, err := tried(t, broken)
				if err == nil || len(console) < 2 || console[len(console)-1] != "failed" || console[len(console)-2] != want {
					t.Errorf("got %v and on the console %q, want that it failed because of %q", err, console, want)
				}
				if w.count("poweroff now") != 1 {
					t.Error("the machine was not ended")
				}
			})
		})
	}
}
