package telemetry

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var launched = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var note = Note{
	Time: launched.Add(9 * time.Second), Organisation: "octo", Version: "1.2.3", Architecture: "arm64",
	InstanceType: "m7g.large", Region: "eu-west-1",
	BootTimings: []runner.Timing{
		{Step: "instance launched", At: launched},
		{Step: "agent started", At: launched.Add(4250 * time.Millisecond)},
		{Step: "job started", At: launched.Add(9 * time.Second)},
	},
}

// golden is all that is ever told. Whoever adds to it changes what customers were promised.
const golden = `{"time":"2026-01-02T03:04:14Z","organisation":"octo","version":"1.2.3","architecture":"arm64",` +
	`"instance_type":"m7g.large","region":"eu-west-1",` +
	`"boot_timings":{"agent started":4.25,"instance launched":0,"job started":9}}`

// endpoint is one that does as it likes with each connection, over net.Pipe.
type endpoint struct {
	mu      sync.Mutex
	dialed  []string
	request string // the last one's head
	body    string
	answer  func(conn net.Conn)
}

func (e *endpoint) dial(_ context.Context, _, address string) (net.Conn, error) {
	e.mu.Lock()
	e.dialed = append(e.dialed, address)
	e.mu.Unlock()
	ours, theirs := net.Pipe()
	go e.serve(theirs)
	return ours, nil
}

func (e *endpoint) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.request, e.body = request.Method+" "+request.URL.String(), string(body)
	e.mu.Unlock()
	e.answer(conn)
}

func TestANoteHasSevenFieldsAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{answer: func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n") }}
		s, err := newSender("http://127.0.0.1:1/notes", e.dial)
		if err != nil {
			t.Fatal(err)
		}
		s.Send(t.Context(), note)
		synctest.Wait()
		if e.request != "POST /notes" || e.body != golden {
			t.Errorf("got %s\n%s\nwant POST /notes\n%s", e.request, e.body, golden)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(e.body), &fields); err != nil || len(fields) != 7 {
			t.Errorf("got %d fields, %v, want 7", len(fields), err)
		}
	})
}

func TestAHostileEndpointIsDialedOnceAndForgotten(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"
	endless := func(conn net.Conn, piece string) (sent int) {
		for {
			n, err := io.WriteString(conn, piece)
			if sent += n; err != nil || sent > 1<<20 {
				return sent
			}
		}
	}
	sent := make(chan int, 1)
	for name, test := range map[string]struct {
		answer func(conn net.Conn)
		within time.Duration
		read   int // bytes of the answer, at most
	}{
		"10 GB of body": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, ok)
			sent <- endless(conn, strings.Repeat("x", 1024))
		}, 0, maxHeader},
		"a head without end": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			sent <- endless(conn, "X-More: "+strings.Repeat("x", 1000)+"\r\n")
		}, 0, 8 * maxHeader},
		"a redirect to the metadata": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n")
			sent <- 0
		}, 0, 0},
		"a repeat of the request": {func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
			sent <- 0
		}, 0, 0},
		"hangs":    {func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn); sent <- 0 }, sendFor, 0},
		"hangs up": {func(net.Conn) { sent <- 0 }, 0, 0},
		"trickles": {func(conn net.Conn) {
			for _, c := range ok {
				if _, err := io.WriteString(conn, string(c)); err != nil {
					break
				}
				time.Sleep(time.Second)
			}
			sent <- 0
		}, sendFor + time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent = make(chan int, 1)
				e := &endpoint{answer: test.answer}
				s, err := newSender("http://127.0.0.1:1/", e.dial)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				s.Send(t.Context(), note)
				if got := time.Since(began); got != 0 {
					t.Errorf("Send took %v, want no time", got)
				}
				if got := <-sent; got > test.read {
					t.Errorf("%d bytes of the answer were taken, want at most %d", got, test.read)
				}
				if got := time.Since(began); got > test.within {
					t.Errorf("it was over after %v, want at most %v", got, test.within)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if diff := cmp.Diff([]string{"127.0.0.1:1"}, e.dialed); diff != "" {
					t.Errorf("dialed, want - got +:\n%s", diff)
				}
			})
		})
	}
}

func TestAnEndpointThatCannotBeReachedIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		s, err := newSender("https://telemetry.example/", func(context.Context, string, string) (net.Conn, error) {
			dials++
			time.Sleep(sendFor) // as a dialer with this limit does
			return nil, context.DeadlineExceeded
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Send(t.Context(), note)
		time.Sleep(time.Hour)
		synctest.Wait()
		if dials != 1 {
			t.Errorf("dialed %d times, want once", dials)
		}
	})
}

func TestTheEnvironmentsProxyIsNotAsked(t *testing.T) {
	s, err := New("https://telemetry.example/")
	if err != nil {
		t.Fatal(err)
	}
	transport, is := s.network.(*http.Transport)
	if !is || transport.Proxy != nil {
		t.Errorf("got %T with a proxy, want one without", s.network)
	}
}

func TestWhichEndpointsAreTaken(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://telemetry.example/v1":    true,
		"https://10.0.0.1:8443":           true,
		"http://127.0.0.1:8080/":          true,
		"http://[::1]:8080/":              true,
		"http://telemetry.example/":       false,
		"http://localhost:8080/":          false,
		"http://169.254.169.254/latest":   false,
		"https://user:password@host/":     false,
		"https://host/#part":              false,
		"https:///path":                   false,
		"ftp://host/":                     false,
		"telemetry.example":               false,
		"https://telemetry.example/\x00x": false,
	} {
		s, err := New(endpoint)
		if got := s != nil && err == nil; got != want {
			t.Errorf("%q: got taken %t (%v), want %t", endpoint, got, err, want)
		}
		if !want && (err == nil || !strings.Contains(err.Error(), "telemetry_url")) {
			t.Errorf("%q: got %v, want an error that names telemetry_url", endpoint, err)
		}
	}
}

func TestWithoutAnEndpointNothingIsSent(t *testing.T) {
	s, err := New("")
	if s != nil || err != nil {
		t.Fatalf("got %v, %v, want no sender and no error", s, err)
	}
	s.Send(t.Context(), note)
}
