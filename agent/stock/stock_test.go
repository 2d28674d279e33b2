package stock

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const (
	dir = "/opt/runner"
	url = "https://github.example/runner.tar.gz"
)

// entry is one of an archive's.
type entry struct {
	name, text string
	mode       int64
	kind       byte
}

var runnerFiles = []entry{
	{"./", "", 0o755, tar.TypeDir},
	{"./run.sh", "#!/bin/sh\n", 0o755, tar.TypeReg},
	{"./bin/", "", 0o755, tar.TypeDir},
	{"./bin/installdependencies.sh", "", 0o755, tar.TypeReg},
	{"./bin/Runner.Listener.dll", "dll", 0o644, tar.TypeReg},
	{"./externals/", "", 0o755, tar.TypeDir},
	{"./externals/node/", "", 0o755, tar.TypeDir},
	{"./externals/node/npm", "../lib/npm", 0o777, tar.TypeSymlink},
}

func archiveOf(t *testing.T, entries []entry) []byte {
	t.Helper()
	var body bytes.Buffer
	zipped := gzip.NewWriter(&body)
	all := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Typeflag: e.kind, Size: int64(len(e.text))}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			header.Linkname, header.Size = e.text, 0
		}
		if err := all.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := all.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(all.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

func download(body []byte) assignment.Download {
	sum := sha256.Sum256(body)
	return assignment.Download{URL: url, SHA256: hex.EncodeToString(sum[:])}
}

// world is a machine of a plain Ubuntu, what runs on it, and where it downloads from.
type world struct {
	Machine
	ran     []string
	refuses string // the programs that fail begin so
	answer  http.HandlerFunc
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	w.answer(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

func newWorld(t *testing.T, body []byte) *world {
	t.Helper()
	w := &world{refuses: "nothing", answer: func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(body) }}
	w.Machine = Machine{Root: t.TempDir(), Transport: w, Tool: func(_ context.Context, command ...string) error {
		line := strings.ReplaceAll(strings.Join(command, " "), w.Root, "")
		w.ran = append(w.ran, line)
		if strings.HasPrefix(line, w.refuses) {
			return errors.New("no route to host")
		}
		return nil
	}}
	w.write(t, "/etc/passwd", "root:x:0:0::/root:/bin/bash\nrunner-of-another:x:7:7::/:/bin/sh\n")
	return w
}

func (w *world) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.Root+path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.Root+path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

const (
	addUser   = "useradd --create-home --shell /bin/bash runner"
	own       = "chown --recursive --no-dereference runner: /opt/runner"
	update    = "apt-get --quiet --yes -o DPkg::Lock::Timeout=60 update"
	docker    = "apt-get --quiet --yes -o DPkg::Lock::Timeout=60 install --no-install-recommends docker.io"
	group     = "usermod --append --groups docker runner"
	libraries = "/opt/runner/bin/installdependencies.sh"
)

func TestAPlainUbuntuGetsARunnerItsUserItsLibrariesAndDocker(t *testing.T) {
	body := archiveOf(t, runnerFiles)
	w := newWorld(t, body)
	if !w.Lacks(dir + "/run.sh") {
		t.Error("it is not seen that there is no runner")
	}
	said, err := w.Install(t.Context(), dir, download(body), true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{addUser, own, update, docker, group, libraries}, w.ran); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	want := []string{
		"The image has no runner. It was fetched from " + url + ", in 0 s.",
		"The image has no Docker. It was installed from the distribution's archive, in 0 s.",
		"An image that has all of this boots without: packer/README.md tells how one is built.",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if w.Lacks(dir + "/run.sh") {
		t.Error("there is still no runner")
	}
	for name, want := range map[string]fs.FileMode{".": 0o755, "run.sh": 0o755, "bin": 0o755, "bin/Runner.Listener.dll": 0o644} {
		if info, err := os.Stat(filepath.Join(w.Root+dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: got %v, %v, want mode %o", name, info.Mode(), err, want)
		}
	}
	if got, err := os.Readlink(w.Root + dir + "/externals/node/npm"); err != nil || got != "../lib/npm" {
		t.Errorf("the link leads to %q, %v, want ../lib/npm", got, err)
	}
	if left, err := filepath.Glob(w.Root + dir + "/*.tar.gz"); err != nil || len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

func TestWhatIsThereIsNotInstalledAgain(t *testing.T) {
	body := archiveOf(t, runnerFiles)
	w := newWorld(t, body)
	w.write(t, "/etc/passwd", "root:x:0:0::/root:/bin/bash\nrunner:x:1001:1001::/home/runner:/bin/bash\n")
	w.write(t, "/usr/bin/docker", "")
	if _, err := w.Install(t.Context(), dir, download(body), true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{own, libraries}, w.ran); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
}

func TestTheRunnerIsInDockersGroupOnlyIfItMayBeRoot(t *testing.T) {
	body := archiveOf(t, runnerFiles)
	w := newWorld(t, body)
	if _, err := w.Install(t.Context(), dir, download(body), false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{addUser, own, update, docker, libraries}, w.ran); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
}

func TestJobsRunWithoutDockerOrLibrariesAndAreTold(t *testing.T) {
	body := archiveOf(t, runnerFiles)
	for refuses, want := range map[string]string{
		update:    "Docker is not in the image and could not be installed, so jobs that need it fail: no route to host",
		docker:    "Docker is not in the image and could not be installed, so jobs that need it fail: no route to host",
		libraries: "The runner's libraries could not be installed, so it may not start: no route to host",
	} {
		w := newWorld(t, body)
		w.refuses = refuses
		said, err := w.Install(t.Context(), dir, download(body), true)
		if err != nil || !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("got %q, %v, want that it says %q", said, err, want)
		}
	}
}

func TestWithoutARunnerThereIsAnError(t *testing.T) {
	body := archiveOf(t, runnerFiles)
	elsewhere := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for name, test := range map[string]struct {
		change   func(*world)
		download assignment.Download
		want     string
	}{
		"none is told":       {func(*world) {}, assignment.Download{}, "set runner with its URL and SHA-256"},
		"another":            {func(*world) {}, assignment.Download{URL: url, SHA256: strings.Repeat("0", 64)}, "its SHA-256 is " + download(body).SHA256},
		"it is gone":         {func(w *world) { w.answer = http.NotFound }, download(body), "404 Not Found"},
		"it is not on https": {func(w *world) { w.answer = elsewhere("http://x/") }, download(body), "not https"},
		"it is never there":  {func(w *world) { w.answer = elsewhere(url) }, download(body), "elsewhere too often"},
		"no archive": {func(w *world) {
			w.answer = func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("x")) }
		}, download([]byte("x")), "unpack the runner"},
		"no user can be made": {func(w *world) { w.refuses = addUser }, download(body), "no route to host"},
		"nor be its owner":    {func(w *world) { w.refuses = own }, download(body), "no route to host"},
		"no users":            {func(w *world) { _ = os.Remove(w.Root + "/etc/passwd") }, download(body), "passwd"},
	} {
		w := newWorld(t, body)
		test.change(w)
		if _, err := w.Install(t.Context(), dir, test.download, true); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got %v, want an error with %q and %s", name, err, test.want, dir)
		}
	}
}
