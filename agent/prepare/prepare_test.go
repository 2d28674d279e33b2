package prepare

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestTheEnvironmentIsWhatIsAllowedAndNothingElse(t *testing.T) {
	own := []string{
		"PATH=/bin", "LANG=C.UTF-8", "TZ=UTC", "USER=ci", "HOME=/root", "PATHS=/x", "path=/x",
		"AWS_SECRET_ACCESS_KEY=x", "AWS_EC2_METADATA_SERVICE_ENDPOINT=x", "LD_PRELOAD=x", "GIT_SSH_COMMAND=x",
		"HTTPS_PROXY=x", "https_proxy=x", "ACTIONS_RUNNER_INPUT_JITCONFIG=another", "GOFLAGS=x", "BASH_ENV=x", "ENV=x",
	}
	want := []string{"PATH=/bin", "LANG=C.UTF-8", "TZ=UTC", "USER=ci", "HOME=/work", "ACTIONS_RUNNER_INPUT_JITCONFIG=jit"}
	if diff := cmp.Diff(want, Environment(own, Room{Dir: "/work"}, secret.New("jit"))); diff != "" {
		t.Errorf("environment, want - got +:\n%s", diff)
	}
}

func TestARoomIsPrivateAndGoneWhenCleared(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	room, err := NewRoom()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(room.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), fs.FileMode(0o700); got != want {
		t.Errorf("mode: got %o, want %o", got, want)
	}
	cache := filepath.Join(room.Dir, "cache")
	if err := os.MkdirAll(filepath.Join(cache, "module"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cache, 0o500); err != nil { // only a test that is not root's shows what this does
		t.Fatal(err)
	}
	if err := room.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(room.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Clear: got %v, want that it is gone", err)
	}
}

func TestARoomThatWasNeverMadeIsClear(t *testing.T) {
	if err := (Room{}).Clear(); err != nil {
		t.Error(err)
	}
}
