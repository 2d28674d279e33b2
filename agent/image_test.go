package agent_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// image makes the machine's files, as far as the agent looks at them.
func (w *world) image(t *testing.T) {
	t.Helper()
	for path, text := range map[string]string{
		"/proc/uptime": "3.21 9.00\n", "/proc/sys/kernel/osrelease": "6.8.0-1021-aws\n",
		"/etc/os-release": "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\n", "/etc/passwd": "root:x:0:0::/root:/bin/bash\n",
		"/opt/runner/run.sh": "#!/bin/sh\n",
	} {
		w.file(t, path, text)
	}
}

func (w *world) file(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.root+path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.root+path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func (w *world) read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(w.root + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withReleases is the instance's network, with what is served by https without the encryption.
type withReleases struct {
	http.RoundTripper
	w *world
}

func (n withReleases) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return n.RoundTripper.RoundTrip(r)
	}
	recorder := httptest.NewRecorder()
	n.w.releases(recorder, r)
	return recorder.Result(), nil
}
