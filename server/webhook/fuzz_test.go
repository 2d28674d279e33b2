package webhook

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// small is a payload with nothing in it that is not read.
const small = `{"action":"queued","workflow_job":{"id":7,"run_id":8,"run_attempt":2,"name":"build","workflow_name":"CI",` +
	`"status":"queued","labels":["mayfly"],"runner_name":null,"conclusion":null,"created_at":"2026-01-01T00:00:00Z"},` +
	`"repository":{"id":9,"full_name":"o/r","owner":{"login":"o"}},"installation":{"id":5}}`

var now = time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)

// FuzzPayload: what is taken is JSON to everybody, has no gap, and comes out of the queue as it went in.
// encoding/json, which is laxer, reads the same in it.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"action":"queued","workflow_job":null}`))
	f.Add([]byte(`{"Action":"queued","action":[{}],"x":"\ud800"}`))
	files, err := filepath.Glob("testdata/workflow_job.*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Replace(body, []byte(`"labels": [`), []byte(`"labels": ["mayfly",`), 1))
	}
	handler, err := New(Config{Secrets: []secret.Text{secret.New(small)}, Stack: "x"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, broken, wrong := readPayload(body)
		if broken != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatal("took what is not JSON")
		}
		if handler.judge(&p, wrong, now).outcome != Queued {
			return
		}
		job := p.job
		if job.ID < 1 || job.RunID < 1 || job.RunAttempt < 1 || job.Repository.ID < 1 || job.Installation < 1 ||
			job.CreatedAt.IsZero() && p.waits() || job.CreatedAt.After(now.Add(maxAhead)) {
			t.Errorf("took %+v", job)
		}
		var lax struct {
			Action string
			Job    struct{ ID int64 } `json:"workflow_job"`
			Repo   struct {
				FullName string `json:"full_name"`
			} `json:"repository"`
		}
		if err := json.Unmarshal(body, &lax); err != nil || lax.Job.ID != job.ID || lax.Repo.FullName != job.Repository.FullName {
			t.Errorf("encoding/json reads %+v and error %v, we read %+v", lax, err, job)
		}
		event := runner.Event{ID: "x", Source: runner.SourceWebhook, At: now, Job: &job}
		var back runner.Event
		if message, err := json.Marshal(event); err != nil || json.Unmarshal(message, &back) != nil || back.Job.ID != job.ID || !back.Job.CreatedAt.Equal(job.CreatedAt) {
			t.Errorf("got an event that is no message: %v", err)
		}
	})
}

// FuzzSignature: only the one form is taken, and only the one value in it.
func FuzzSignature(f *testing.F) {
	body := []byte(small)
	v, err := newVerifier([]secret.Text{secret.New(small)})
	if err != nil {
		f.Fatal(err)
	}
	good := "sha256=" + hex.EncodeToString(sign(v.keys[0], body))
	form := regexp.MustCompile(`^sha256=[0-9a-f]{64}$`)
	for _, header := range []string{good, good + " ", " " + good, good[1:], "sha1=" + good[7:], "sha256=", "", "SHA256=" + good[7:], good + "," + good} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		sum, ok := readSignature(header)
		if ok != form.MatchString(header) || ok && header != "sha256="+hex.EncodeToString(sum[:]) {
			t.Errorf("%q: got %x and %v", header, sum, ok)
		}
		if got := v.genuine(header, body); got != (header == good) {
			t.Errorf("%q: got %v", header, got)
		}
	})
}
