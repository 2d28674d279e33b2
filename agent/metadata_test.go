package agent_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMetadataThatIsNotEC2sEndsTheAgent(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
		within time.Duration
	}{
		"redirects":        {http.RedirectHandler("http://s3/", http.StatusFound).ServeHTTP, "302 Found", 0},
		"version 1":        {http.NotFound, "no version 2", 0},
		"takes no token":   {refuse, "the token was refused", 0},
		"errors":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "500 Internal", 10 * time.Second},
		"never answers":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "read the identity document", 10 * time.Second},
		"never stops":      {endless, "read the identity document", 10 * time.Second},
		"another's shapes": {document(`{"instanceId":"i-0/../x","region":"us-east-1","pendingTime":"2026-01-01T00:00:00Z"}`), "instanceId is", 0},
		"another's region": {document(`{"instanceId":"i-01234567","region":"x.evil.example","pendingTime":"2026-01-01T00:00:00Z"}`), "region is", 0},
		"no time":          {document(`{"instanceId":"i-01234567","region":"us-east-1"}`), "pendingTime is missing", 0},
		"no JSON":          {document(`<html>`), "read the identity document", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, userData(t))
				w.assign(t)
				w.metadata = func(http.Handler) http.Handler { return test.answer }
				began := time.Now()
				w.mustFail(t, test.want)
				if got := time.Since(began); got > test.within {
					t.Errorf("took %v, want at most %v", got, test.within)
				}
				if got := w.count("start") + w.count("s3") + w.count("systemctl"); got != 0 {
					t.Errorf("the runner, S3 or the machine's power were touched %d times, want never", got)
				}
			})
		})
	}
}

// document answers with a token, and then with this identity document.
func document(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		if r.Method == http.MethodPut {
			_, _ = io.WriteString(w, "token")
			return
		}
		_, _ = io.WriteString(w, body)
	}
}

// refuse gives out tokens and takes none.
func refuse(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		_, _ = io.WriteString(w, "token")
		return
	}
	w.WriteHeader(http.StatusUnauthorized)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	for {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<10)); err != nil {
			return
		}
	}
}

func TestSlowMetadataIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		w.metadata = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(1900 * time.Millisecond):
				case <-r.Context().Done(): // a look for notices, when the runner has ended
				}
				next.ServeHTTP(rw, r)
			})
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Error(err)
		}
	})
}

func TestARoleThatComesLateIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.assign(t)
		began := time.Now()
		w.metadata = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "security-credentials") && time.Since(began) < 20*time.Second {
					http.NotFound(rw, r)
					return
				}
				next.ServeHTTP(rw, r)
			})
		}
		if err := w.live(t.Context(), t); err != nil {
			t.Error(err)
		}
	})
}
