//go:build vm || image

package vmtest

import (
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// The cable's ends. Here are the metadata, S3, GitHub, and whoever hears what the machine tells the tests.
const (
	tap         = "tap0"
	metadataAt  = "169.254.169.254:80"
	metadata6At = "[fd00:ec2::254]:80"
	s3At        = "10.0.2.1:9000"
	hubAt       = "10.0.2.1:8080"
	hubHere     = "127.0.0.1:8080"
	earAt       = "10.0.2.1:8081"
)

// layCable makes this end of the cable, in the network namespace that vm.sh has entered. Another test
// of the same namespace finds it there.
var layCable = sync.OnceValue(func() error {
	for _, line := range []string{
		"link set lo up",
		"tuntap add " + tap + " mode tap",
		"addr add 169.254.169.254/32 dev " + tap,
		"addr add fd00:ec2::254/64 dev " + tap + " nodad",
		"addr add 10.0.2.1/24 dev " + tap,
		"link set " + tap + " up",
		"-6 route replace fd17::/64 via fd00:ec2::15 dev " + tap,
	} {
		if output, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return &net.OpError{Op: "ip " + line, Err: &net.AddrError{Err: string(output), Addr: tap}}
		}
	}
	return nil
})

// serve serves a handler at addresses on the cable until the test ends.
func serve(t *testing.T, handler http.Handler, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
	}
}

// ear hears what the machine tells the tests: a body for each name.
type ear struct {
	mu     sync.Mutex
	bodies map[string]string
}

func (e *ear) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is missing is missed where it is looked for
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.bodies == nil {
		e.bodies = map[string]string{}
	}
	e.bodies[strings.TrimPrefix(r.URL.Path, "/")] += string(body)
}

func (e *ear) heard() map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.bodies)
}
