package main_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

const outsideSecret = "canary-of-a-secret-that-is-long-enough"

// Webhooks come from outside, of jobs that the demo's GitHub does not know: each ends, and says why.
func TestADemoThatListensTellsWhatBecomesOfStrangersJobs(t *testing.T) {
	address := freeAddress(t)
	process := exec.CommandContext(t.Context(), program, "demo", "--jobs", "0", "--keep", "--listen", address)
	process.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "MAYFLY_WEBHOOK_SECRET="+outsideSecret, "MAYFLY_ALLOWED_OWNERS=Octo")
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	lines := bufio.NewScanner(out)
	until := func(want string) {
		t.Helper()
		for !strings.Contains(strings.Join(strings.Fields(seen.String()), " "), want) { // long lines are wrapped
			if !lines.Scan() {
				t.Fatalf("the output ended without %q:\n%s", want, seen.String())
			}
			seen.WriteString(lines.Text() + "\n")
		}
	}
	until("Waiting. Ctrl-C ends it.")
	id := regexp.MustCompile(`mayfly-ci/sample, id (\d+)`).FindStringSubmatch(seen.String())
	if id == nil {
		t.Fatalf("it does not say which repository there is:\n%s", seen.String())
	}
	for _, sent := range []struct {
		repository, id, secret string
		want                   int
	}{
		{"mayfly-ci/sample", id[1], outsideSecret, http.StatusAccepted},
		{"octo/unknown", "5", outsideSecret, http.StatusAccepted},
		{"stranger/unknown", "6", outsideSecret, http.StatusOK}, // whose owner is not allowed
		{"octo/unknown", "5", "guessed", http.StatusUnauthorized},
	} {
		if got := deliver(t, address, sent.repository, sent.id, sent.secret, "build of "+sent.repository); got != sent.want {
			t.Errorf("%s: got status %d, want %d", sent.repository, got, sent.want)
		}
	}
	until("refused: GitHub has no such job any more")
	until("refused: our GitHub App is not installed on octo/unknown")
	if err := process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	until("0 jobs: 0 succeeded, 0 failed, 0 lost")
	for lines.Scan() {
		seen.WriteString(lines.Text() + "\n")
	}
	_ = process.Wait() // instances may be left, that were on their way
	if code := process.ProcessState.ExitCode(); code != 0 && code != 1 {
		t.Errorf("got exit code %d, want that of a demo that was done", code)
	}
	if strings.Contains(seen.String(), outsideSecret) || strings.Contains(seen.String(), "stranger/unknown is") {
		t.Errorf("the output tells the secret, or of a job that is none of ours:\n%s", seen.String())
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// deliver sends a webhook as GitHub does, of a job of that name, and is the answer's status.
func deliver(t *testing.T, address, repository, id, secret, name string) int {
	t.Helper()
	owner, _, _ := strings.Cut(repository, "/")
	body := fmt.Sprintf(`{"action":"queued","workflow_job":{"id":77%[1]s,"run_id":7,"run_attempt":1,"name":%[2]q,"status":"queued",
		"labels":["mayfly=1/runner=2cpu-linux-x64"],"created_at":%[3]q},
		"repository":{"id":%[1]s,"full_name":%[4]q,"private":true,"allow_forking":false,"owner":{"login":%[5]q}},"installation":{"id":1}}`,
		id, name, time.Now().UTC().Format(time.RFC3339), repository, owner)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/webhooks/github", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": "workflow_job", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	} {
		request.Header.Set(key, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestAnAddressThatIsTakenIsSaidInOneLine(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	t.Setenv("MAYFLY_WEBHOOK_SECRET", outsideSecret)
	code, _, stderr, _ := mayfly(t, "demo", "--jobs", "0", "--keep", "--listen", taken.Addr().String())
	for _, part := range []string{taken.Addr().String(), "in use", "--listen"} {
		if code != 1 || !strings.Contains(stderr, part) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("got exit code %d and %q, want 1 and one line with %q", code, stderr, part)
		}
	}
}
