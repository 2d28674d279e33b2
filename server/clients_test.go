package server_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// client is what a client writes, piece by piece, until it has no more or nobody listens.
type client func(write func(text string, pause time.Duration) bool)

func says(texts ...string) client {
	return func(write func(string, time.Duration) bool) {
		for _, text := range texts {
			if !write(text, 0) {
				return
			}
		}
	}
}

// forever says something once, and then something else again and again.
func forever(first, again string, pause time.Duration) client {
	return func(write func(string, time.Duration) bool) {
		for ok := write(first, pause); ok; {
			ok = write(again, pause)
		}
	}
}

// meet lets a client talk to the server and gives all that it is answered until the connection ends,
// and when that was.
func meet(conn net.Conn, talk client) (answers string, ended time.Time) {
	var talking sync.WaitGroup
	talking.Go(func() {
		talk(func(text string, pause time.Duration) bool {
			_, err := io.WriteString(conn, text)
			if err == nil {
				time.Sleep(pause)
			}
			return err == nil
		})
	})
	all, _ := io.ReadAll(conn)
	ended = time.Now()
	_ = conn.Close()
	talking.Wait()
	return string(all), ended
}

// written is a request as it is on the wire.
func written(t *testing.T, request *http.Request) string {
	t.Helper()
	var wire bytes.Buffer
	check(t, request.Write(&wire))
	return wire.String()
}

// opened is a front whose server is on a network, in a bubble.
func opened(t *testing.T) (f *front, dial func() net.Conn) {
	t.Helper()
	f = newFront(t, server.Config{})
	network := new(localnet.Network)
	listener, err := network.Listen("server:80")
	check(t, err)
	httpServer := server.NewHTTP(f.handler, f.config.Log)
	go func() { _ = httpServer.Serve(listener) }()
	t.Cleanup(func() { _ = httpServer.Close() })
	return f, func() net.Conn {
		conn, err := network.Dial(t.Context(), "", "server:80")
		check(t, err)
		return conn
	}
}

// The beginning of a webhook whose signature nobody will ever fit.
var unsigned = "POST " + webhook.Path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: workflow_job\r\n" +
	"X-GitHub-Delivery: d\r\nX-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n"

func TestClientsThatAreSlowEndlessOrTwoFaced(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		talk    client
		answers string // their statuses
		within  time.Duration
	}{
		"says nothing":                  {says(), "", 5 * second},
		"a header, a byte a second":     {forever("P", "O", second), "400", 5 * second},
		"a header, a line a second":     {forever(unsigned, "X-A: b\r\n", second), "", 5 * second},
		"a header without end":          {forever(unsigned, "X-A: b\r\n", 0), "431", 0},
		"one huge header":               {says(unsigned + "X-A: " + strings.Repeat("b", 24<<10) + "\r\n\r\n"), "431", 0},
		"a line without end":            {forever("GET /", "x", 0), "431", 0},
		"a body that does not come":     {says(unsigned + "Content-Length: 9\r\n\r\n"), "400", 10 * second},
		"a body, a byte a second":       {forever(unsigned+"Content-Length: 900000\r\n\r\n", "x", second), "400", 10 * second},
		"chunks, one a second":          {forever(unsigned+"Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", second), "400", 10 * second},
		"chunks without end":            {forever(unsigned+"Transfer-Encoding: chunked\r\n\r\n", "1000\r\n"+strings.Repeat("x", 4096)+"\r\n", 0), "413", 0},
		"a chunk that is too long":      {says(unsigned + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"), "400", 0},
		"a chunk of less than nothing":  {says(unsigned + "Transfer-Encoding: chunked\r\n\r\n-1\r\n"), "400", 0},
		"an extension without end":      {forever(unsigned+"Transfer-Encoding: chunked\r\n\r\n1;", "x", 0), "400", 0},
		"trailers without end":          {forever(unsigned+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: b\r\n", 0), "400", 0},
		"two lengths":                   {says(unsigned + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"), "400", 0},
		"a length below zero":           {says(unsigned + "Content-Length: -1\r\n\r\n"), "400", 0},
		"a length beyond all":           {says(unsigned + "Content-Length: 99999999999999999999\r\n\r\n"), "400", 0},
		"more than may be":              {says(unsigned + "Content-Length: 1048577\r\n\r\n"), "413", 10 * second},
		"compressed, and chunked":       {says(unsigned + "Transfer-Encoding: gzip, chunked\r\n\r\n"), "501", 0},
		"chunked twice":                 {says(unsigned + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "501", 0},
		"chunked, by a tab":             {says(unsigned + "Transfer-Encoding:\tchunked, \r\n\r\n0\r\n\r\n"), "501", 0},
		"a space before the colon":      {says(unsigned + "Content-Length : 2\r\n\r\n{}"), "400", 0},
		"a line that goes on":           {says(unsigned + "X-A: b\r\n c\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"), "401", 0},
		"no host":                       {says("GET / HTTP/1.1\r\n\r\n"), "400", 0},
		"two hosts":                     {says("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), "400", 0},
		"HTTP/2, with prior knowledge":  {says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"), "404", 0},
		"HTTP/2, by an upgrade":         {says("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"), "200", 0},
		"HTTP/3":                        {says("GET / HTTP/3.0\r\nHost: x\r\n\r\n"), "505", 0},
		"TLS":                           {says("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), "400", 0},
		"a proxy's wish":                {says("CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\nConnection: close\r\n\r\n"), "404", 0},
		"all options":                   {says("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "404", 0},
		"an expectation":                {says(unsigned + "Expect: the moon\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"), "417", 0},
		"to continue, if it may":        {says(unsigned + "Expect: 100-continue\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n"), "413", 0},
		"one after another":             {says("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" + unsigned + "Content-Length: 2\r\n\r\n{}" + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "200 401 404", 0},
		"an answer, and then no more":   {says("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"), "200", time.Minute},
		"a second header that is slow":  {forever("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", "G", 2*second), "200 400", 13 * second},
		"a length, and chunks, to hide": {says(unsigned + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n"), "401", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, dial := opened(t)
				start := time.Now()
				answer, ended := meet(dial(), test.talk)
				if took := ended.Sub(start); took > test.within+time.Second {
					t.Errorf("the connection was held for %v, want at most %v", took, test.within)
				}
				if got := strings.Join(statuses(answer), " "); got != test.answers {
					t.Errorf("got answers %q, want %q:\n%s", got, test.answers, answer)
				}
				if got := f.queued(t); got != 0 {
					t.Errorf("got %d messages, want none", got)
				}
			})
		})
	}
}

// statuses are those of all the answers on a connection.
func statuses(wire string) []string {
	var all []string
	for reader := bufio.NewReader(strings.NewReader(wire)); ; {
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			return all
		}
		all = append(all, strconv.Itoa(answer.StatusCode))
		_, _ = io.Copy(io.Discard, answer.Body)
	}
}

// Who hides a second request in the body of a signed one gets it judged by itself, and it is not signed.
func TestASmuggledRequestIsJudgedByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, dial := opened(t)
		hidden := unsigned + "Content-Length: 2\r\nConnection: close\r\n\r\n{}"
		answer, _ := meet(dial(), says(written(t, delivery(t))+hidden))
		if got := strings.Join(statuses(answer), " "); got != "202 401" || f.queued(t) != 1 {
			t.Errorf("got answers %q, want 202 for the first and 401 for the second", got)
		}
	})
}

// However many clients are bad at once, a good one is answered, little is held for the bad, and after
// ten seconds nothing.
func TestAGoodClientAmongBadOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, dial := opened(t)
		var before, during runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		gone := make(chan struct{})
		bad := 0
		for kind, talk := range map[int]client{
			300: forever(unsigned, "X-A: b\r\n", time.Second),
			40:  forever(unsigned+"Content-Length: 1048576\r\n\r\n", strings.Repeat("x", 1000), time.Second),
			20:  forever(unsigned+"Transfer-Encoding: chunked\r\n\r\n", "3e8\r\n"+strings.Repeat("x", 1000)+"\r\n", time.Second),
		} {
			for range kind {
				bad++
				conn := dial()
				go func() {
					meet(conn, talk)
					gone <- struct{}{}
				}()
			}
		}
		time.Sleep(4 * time.Second)
		good := strings.Replace(written(t, delivery(t)), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
		if answer, _ := meet(dial(), says(good)); strings.Join(statuses(answer), " ") != "202" {
			t.Errorf("the good one got %q, want 202", answer)
		}
		runtime.GC()
		runtime.ReadMemStats(&during)
		if got := int64(during.HeapAlloc) - int64(before.HeapAlloc); got > 64<<20 {
			t.Errorf("%d bad clients take %d MiB, want at most 64", bad, got>>20)
		}
		start := time.Now()
		for range bad {
			<-gone
		}
		if took := time.Since(start); took > 7*time.Second {
			t.Errorf("the last bad one was there for %v more, want at most 7 s", took)
		}
		if got := f.queued(t); got != 1 {
			t.Errorf("got %d messages, want that of the good one", got)
		}
	})
}
