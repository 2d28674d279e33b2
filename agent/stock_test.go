package agent_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// stockUserData is user data that names a runner to fetch, and that runner.
func stockUserData(t *testing.T) (body, archive []byte) {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	all := tar.NewWriter(zipped)
	err := errors.Join(all.WriteHeader(&tar.Header{Name: "./run.sh", Mode: 0o755, Typeflag: tar.TypeReg}), all.Close(), zipped.Close())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(packed.Bytes())
	fetched := assignment.Download{URL: "https://releases/runner.tar.gz", SHA256: hex.EncodeToString(sum[:])}
	stocked := orders
	stocked.Runner = assignment.Downloads{AMD64: fetched, ARM64: fetched}
	body, err = assignment.EncodeUserData(stocked)
	if err != nil {
		t.Fatal(err)
	}
	return body, packed.Bytes()
}

func TestAPlainImageGetsARunnerAndSaysThatItWasSlow(t *testing.T) {
	body, archive := stockUserData(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, body)
		w.assign(t)
		w.remove(t, "/opt/runner/run.sh")
		w.releases = func(rw http.ResponseWriter, _ *http.Request) {
			time.Sleep(20 * time.Second)
			_, _ = rw.Write(archive)
		}
		var log map[string]string
		w.start = func(ctx context.Context, command run.Command) (int, error) {
			log = w.told(t)
			return oneJob(ctx, command)
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got, want := log["This boot was slow"], "The image has no runner. It was fetched from https://releases/runner.tar.gz, in 20 s.\n"; !strings.HasPrefix(got, want) {
			t.Errorf("the job's log: got\n%swant it to begin\n%s", got, want)
		}
		if !strings.Contains(log["Timings"], "+20.00 s  runner installed\n") {
			t.Errorf("timings: got\n%swant that the runner was installed, for 20 s", log["Timings"])
		}
		w.read(t, "/opt/runner/run.sh")
		if got := w.count("tool useradd"); got != 1 {
			t.Errorf("its user was made %d times, want once", got)
		}
	})
}

func TestAPlainImageThatGetsNoRunnerEnds(t *testing.T) {
	body, _ := stockUserData(t)
	for name, test := range map[string]struct {
		body []byte
		want string
	}{
		"none is told": {userData(t), "there is no runner in /opt/runner, and the user data names none"},
		"it is gone":   {body, "404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.body)
				w.assign(t)
				w.remove(t, "/opt/runner/run.sh")
				w.mustFail(t, test.want)
				w.mustEndUnstarted(t)
			})
		})
	}
}

func (w *world) remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(w.root + path); err != nil {
		t.Fatal(err)
	}
}
