package logs_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/logs"
)

// The names of the listener's logs, oldest first.
const (
	first  = "Runner_20260102-150405-utc.log"
	second = "Runner_20260102-160405-utc.log"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// following are logs that follow a directory in a bubble; a second is a poll.
func following(t *testing.T, dir string) (*logs.Logs, *store, *bytes.Buffer) {
	t.Helper()
	var told bytes.Buffer
	l, s := logs.New(logs.Config{Random: none, Masker: masker(t), Log: slog.New(slog.NewTextHandler(&told, nil))}), &store{}
	l.Ship(t.Context(), s)
	l.Follow(dir, os.Getuid())
	return l, s, &told
}

func TestTheListenersLogIsFollowedAsItGrowsAndRotates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "_diag")
		l, s, _ := following(t, dir)
		time.Sleep(3 * time.Second) // it is not there yet
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, dir, first, "one\ntw")
		time.Sleep(2 * time.Second)
		write(t, dir, first, "o\n")
		write(t, dir, "Worker_20260102-150405-utc.log", "what a job printed\n")
		write(t, dir, "Runner_notes.txt", "no log\n")
		time.Sleep(2 * time.Second)
		write(t, dir, first, "three\n")
		write(t, dir, second, "four "+canary+"\n")
		time.Sleep(2 * time.Second)
		write(t, dir, second, "the last line")
		l.Close()
		want(t, s, "listener: one", "listener: two", "listener: three", "listener: four ***", "listener: the last line")
	})
}

func TestAFileThatIsCutOrReplacedIsReadFromItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l, s, _ := following(t, dir)
		write(t, dir, first, "long, long ago\n")
		time.Sleep(2 * time.Second)
		if err := os.Truncate(filepath.Join(dir, first), 0); err != nil {
			t.Fatal(err)
		}
		write(t, dir, first, "cut\n")
		time.Sleep(2 * time.Second)
		write(t, dir, "new", "replaced, with more than before\n")
		if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, first)); err != nil {
			t.Fatal(err)
		}
		l.Close()
		want(t, s, "listener: long, long ago", "listener: cut", "listener: replaced, with more than before")
	})
}

func TestNothingIsReadThatTheRunnersUserCouldHaveSwapped(t *testing.T) {
	secrets := filepath.Join(t.TempDir(), "shadow")
	if err := os.WriteFile(secrets, []byte("root's own\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, swap := range map[string]func(t *testing.T, path string) error{
		"a symbolic link": func(_ *testing.T, path string) error { return os.Symlink(secrets, path) },
		"a pipe":          func(_ *testing.T, path string) error { return syscall.Mkfifo(path, 0o600) },
		"a directory":     func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) },
		"a hard link to a file of somebody else's": func(t *testing.T, path string) error {
			if os.Getuid() != 0 {
				t.Skip("only root can give a file to somebody else")
			}
			if err := os.Link(secrets, path); err != nil {
				return err
			}
			return os.Chown(secrets, 12345, 12345)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				if err := swap(t, filepath.Join(dir, first)); err != nil {
					t.Fatal(err)
				}
				write(t, dir, second, "the listener's\n")
				l, s, told := following(t, dir)
				time.Sleep(10 * time.Second)
				l.Close()
				want(t, s, "listener: the listener's")
				if got := strings.Count(told.String(), first); got != 1 {
					t.Errorf("told of it %d times, want once:\n%s", got, told)
				}
			})
		})
	}
}

func TestADirectoryThatIsALinkIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		elsewhere, dir := t.TempDir(), filepath.Join(t.TempDir(), "_diag")
		write(t, elsewhere, first, "elsewhere\n")
		if err := os.Symlink(elsewhere, dir); err != nil {
			t.Fatal(err)
		}
		l, s, _ := following(t, dir)
		time.Sleep(2 * time.Second)
		l.Close()
		if diff := cmp.Diff([]string{}, s.texts()); diff != "" {
			t.Errorf("lines, want - got +:\n%s", diff)
		}
	})
}

func TestAFileThatIsRemovedHasItsLastLineAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l, s, _ := following(t, dir)
		write(t, dir, first, "one\nthe last, without an end")
		time.Sleep(2 * time.Second)
		if err := os.Remove(filepath.Join(dir, first)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want(t, s, "listener: one", "listener: the last, without an end")
		l.Close()
	})
}

func TestManyFilesAreNoMoreThanTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for i := range 20 {
			write(t, dir, fmt.Sprintf("Runner_20260102-1504%02d-utc.log", i), fmt.Sprintf("%d\n", i))
		}
		l, s, _ := following(t, dir)
		l.Close()
		want(t, s, "listener: 16", "listener: 17", "listener: 18", "listener: 19")
	})
}
