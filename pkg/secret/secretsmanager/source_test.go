package secretsmanager_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
)

const arn = "arn:aws:secretsmanager:us-east-1:1:secret:app-abcdef"

// wire is Secrets Manager with one secret.
type wire struct {
	mu     sync.Mutex
	values map[string]string // by label
	status int               // not 0: the answer to everything
	delay  time.Duration
	calls  int
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	var sent struct{ VersionStage string }
	if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	select {
	case <-request.Context().Done():
		return nil, request.Context().Err()
	case <-time.After(w.delay):
	}
	status, body := http.StatusOK, `{"SecretString": "`+w.values[sent.VersionStage]+`"}`
	if _, there := w.values[sent.VersionStage]; !there {
		status, body = http.StatusBadRequest, `{"__type": "ResourceNotFoundException", "message": "Secrets Manager can't find it"}`
	}
	if w.status != 0 {
		status, body = w.status, `{"__type": "AccessDeniedException", "message": "not allowed"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (w *wire) source(log io.Writer, masker *secret.Masker) *secretsmanager.Source {
	return secretsmanager.New(secretsmanager.Config{
		AWS:    aws.Config{Region: "us-east-1", Credentials: awstest.Credentials, HTTPClient: w},
		Masker: masker, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
}

func checkLive(t *testing.T, what string, s *secretsmanager.Source, want ...string) {
	t.Helper()
	values, err := s.Live(t.Context(), arn)
	var got []string
	for _, value := range values {
		got = append(got, value.Reveal())
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: got %q, %v, want %q", what, got, err, want)
	}
}

func TestARotatedSecretHasTwoLiveValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{values: map[string]string{"AWSCURRENT": "the first value"}}
		masker := secret.NewMasker()
		s := w.source(io.Discard, masker)
		checkLive(t, "at first", s, "the first value")

		w.values = map[string]string{"AWSCURRENT": "the second value", "AWSPREVIOUS": "the first value"}
		time.Sleep(4 * time.Minute)
		checkLive(t, "four minutes old", s, "the first value")
		time.Sleep(2 * time.Minute)
		checkLive(t, "six minutes old", s, "the second value", "the first value")
		if got := masker.Mask([]byte("the second value, the first value")); bytes.Contains(got, []byte("value")) {
			t.Errorf("masked: got %q, want both values masked", got)
		}
	})
}

func TestADoubtedSecretIsReadAnewButNotAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{values: map[string]string{"AWSCURRENT": "the first value"}}
		s := w.source(io.Discard, nil)
		checkLive(t, "at first", s, "the first value")
		time.Sleep(15 * time.Second)
		w.values["AWSCURRENT"] = "the second value"
		checkLive(t, "not doubted", s, "the first value")
		s.Doubt(arn)
		checkLive(t, "doubted", s, "the second value")

		before := w.calls
		for range 100 {
			s.Doubt(arn)
			checkLive(t, "doubted again at once", s, "the second value")
		}
		if got := w.calls - before; got != 0 {
			t.Errorf("%d calls were made for doubts within ten seconds, want none", got)
		}
	})
}

func TestTheLastValueIsGoodWhileSecretsManagerIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{values: map[string]string{"AWSCURRENT": "the first value"}}
		var log bytes.Buffer
		s := w.source(&log, nil)
		checkLive(t, "at first", s, "the first value")
		for _, status := range []int{http.StatusInternalServerError, http.StatusBadRequest} {
			w.status = status
			time.Sleep(time.Hour)
			log.Reset()
			began := time.Now()
			checkLive(t, "down", s, "the first value")
			if !strings.Contains(log.String(), "the last value is used") || strings.Contains(log.String(), "the first value") {
				t.Errorf("status %d: the log says %q, want that the last value is used, and not which", status, log.String())
			}
			if got := time.Since(began); got > 3*time.Second {
				t.Errorf("status %d: it took %v, want 3s at most", status, got)
			}
			before := w.calls
			checkLive(t, "still down", s, "the first value")
			if w.calls != before {
				t.Errorf("status %d: it was asked again at once", status)
			}
		}
		w.status, w.values["AWSCURRENT"] = 0, "the second value"
		time.Sleep(11 * time.Second)
		checkLive(t, "up again", s, "the second value")
	})
}

func TestNobodyWaitsForAnotherWhoReadsAKnownSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{values: map[string]string{"AWSCURRENT": "the first value"}}
		s := w.source(io.Discard, nil)
		checkLive(t, "at first", s, "the first value")
		time.Sleep(time.Hour)
		w.delay = time.Second
		var group sync.WaitGroup
		group.Go(func() { checkLive(t, "who reads", s, "the first value") })
		synctest.Wait()
		began := time.Now()
		checkLive(t, "who does not", s, "the first value")
		if got := time.Since(began); got != 0 {
			t.Errorf("waited for %v, want not at all", got)
		}
		group.Wait()
	})
}

func TestWhoLeavesWhileASecretIsReadLeavesNoErrorBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{values: map[string]string{"AWSCURRENT": "the first value"}, delay: time.Second}
		s := w.source(io.Discard, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := s.Live(ctx, arn); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who leaves: got %v, want context.DeadlineExceeded", err)
		}
		checkLive(t, "who stays", s, "the first value")
	})
}

func TestASecretThatIsNotThereIsNotSetUpYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.source(io.Discard, nil)
		check := func(what string, want bool, says string) {
			t.Helper()
			time.Sleep(11 * time.Second)
			before := w.calls
			values, err := s.Live(t.Context(), arn)
			if _, again := s.Live(t.Context(), arn); w.calls > before+1 || !errors.Is(again, err) {
				t.Errorf("%s: asked again at once: got %v after %d calls, want the same after one", what, again, w.calls-before)
			}
			if values != nil || err == nil || errors.Is(err, secretsmanager.ErrNotSetUp) != want || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: got %v, %v, want an error that says %q and is ErrNotSetUp: %v", what, values, err, says, want)
			}
		}
		check("absent", true, arn)
		w.values = map[string]string{"AWSCURRENT": ""}
		check("empty", true, "AWSCURRENT is empty")
		w.values = map[string]string{"AWSCURRENT": "short"}
		check("too short to be masked", false, "at least 8")
		w.status = http.StatusBadRequest
		check("denied", false, "AccessDeniedException")
		w.status, w.values = 0, map[string]string{"AWSCURRENT": "the first value"}
		time.Sleep(11 * time.Second)
		checkLive(t, "set up", s, "the first value")
		w.values = nil
		time.Sleep(time.Hour)
		check("deleted", true, "not set up yet")
	})
}
