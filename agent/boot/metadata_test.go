package boot

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// service is a metadata service without a network between. What is asked of it is noted.
type service struct {
	answer http.HandlerFunc // for all but tokens
	token  http.HandlerFunc
	down   func() error // why nobody is reached; nil is that somebody is
	asked  []string
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/latest/")
	s.asked = append(s.asked, path+" "+r.Header.Get("X-Aws-Ec2-Metadata-Token")+r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
	if err := s.down(); err != nil {
		return nil, err
	}
	answer := s.answer
	if r.Method == http.MethodPut && path == "api/token" {
		answer = s.token
	}
	recorder, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		answer(recorder, r)
	}()
	<-done
	return recorder.Result(), r.Context().Err()
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// inTurn gives each answer once, and the last for ever.
func inTurn(answers ...http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		next := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		next(w, r)
	}
}

func newService(answer http.HandlerFunc) *service {
	return &service{answer: answer, token: inTurn(says("one"), says("two")), down: func() error { return nil }}
}

func (s *service) open() *Metadata {
	return NewMetadata(Endpoint{URL: DefaultEndpoint}, s, TokenLife)
}

func TestMetadataIsAskedWithATokenThatIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(says("x"))
		m := s.open()
		for range 2 {
			if got, err := m.Read(t.Context(), "meta-data/x", 1); err != nil || string(got) != "x" {
				t.Errorf("got %q, %v", got, err)
			}
			time.Sleep(54 * time.Second)
		}
		time.Sleep(time.Second) // a token that ends in 5 s is not used
		_, _ = m.Read(t.Context(), "meta-data/x", 1)
		want := []string{"api/token 60", "meta-data/x one", "meta-data/x one", "api/token 60", "meta-data/x two"}
		if diff := cmp.Diff(want, s.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestHowMetadataIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string // of the error; empty is that it succeeds
		asked  int    // with tokens
		within time.Duration
	}{
		"well at the third try":  {inTurn(status(500), status(503), says("x")), "", 4, time.Second},
		"never well":             {status(500), "500 Internal Server Error", 4, time.Second},
		"asked too often":        {inTurn(status(429), says("x")), "", 3, time.Second},
		"hangs once":             {inTurn(hangs, says("x")), "", 3, 3 * time.Second},
		"always hangs":           {hangs, "deadline exceeded", 4, 7 * time.Second},
		"refused once":           {inTurn(status(401), says("x")), "", 4, 0},
		"refused twice":          {status(401), "the token was refused", 4, 0},
		"well after a new token": {inTurn(status(500), status(401), status(503), says("x")), "", 6, time.Second},
		"not there":              {status(404), ErrAbsent.Error(), 2, 0},
		"not allowed":            {status(403), "403 Forbidden", 2, 0},
		"elsewhere":              {http.RedirectHandler("http://evil.example/", http.StatusFound).ServeHTTP, "302 Found", 2, 0},
		"too long":               {says("xx"), "longer than the 1 bytes", 2, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, began := newService(test.answer), time.Now()
			_, err := s.open().Read(t.Context(), "x", 1)
			if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%s: got %v, want %q", name, err, test.want)
			}
			if got := time.Since(began); len(s.asked) != test.asked || got > test.within {
				t.Errorf("%s: asked %q in %v, want %d times in %v", name, s.asked, got, test.asked, test.within)
			}
		})
	}
}

func TestATokenHasAShape(t *testing.T) {
	for name, token := range map[string]http.HandlerFunc{
		"is empty": says(""), "has two lines": says("a\nb"), "is long": says(strings.Repeat("a", 129)), "is elsewhere": status(301), "is none": status(404),
	} {
		s := newService(says("x"))
		s.token = token
		if _, err := s.open().Read(t.Context(), "x", 1); err == nil || len(s.asked) != 1 {
			t.Errorf("a token that %s: got %v after %q, want an error at once", name, err, s.asked)
		}
	}
}

func TestTheNetworkIsWaitedFor(t *testing.T) {
	for missing, works := range map[time.Duration]bool{30 * time.Second: true, 2 * time.Minute: false} {
		synctest.Test(t, func(t *testing.T) {
			s, began := newService(says("x")), time.Now()
			s.down = func() error {
				if time.Since(began) < missing {
					return syscall.ENETUNREACH
				}
				return nil
			}
			_, err := s.open().Read(t.Context(), "x", 1)
			if (err == nil) != works {
				t.Errorf("with no network for %v: got %v", missing, err)
			}
			want := min(missing, time.Minute)
			if got := time.Since(began); got < want || got > want+2*time.Second {
				t.Errorf("waited %v, want %v, and hardly more", got, want)
			}
		})
	}
}

func TestNobodyThereIsAskedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(says("x"))
		s.down = func() error { return syscall.ECONNREFUSED }
		if _, err := s.open().Read(t.Context(), "x", 1); !errors.Is(err, syscall.ECONNREFUSED) || len(s.asked) != 3 {
			t.Errorf("got %v after %d tries, want that it is refused after 3", err, len(s.asked))
		}
	})
}

func TestReadingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := newService(status(500)).open().Read(ctx, "x", 1); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "500") {
			t.Errorf("got %v, want why it ended and the last answer", err)
		}
	})
}
