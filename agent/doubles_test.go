package agent_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/agent/run"
)

// say prints a line as GitHub's runner does.
func say(out io.Writer, message string) {
	fmt.Fprintf(out, "%s: %s\n", time.Now().UTC().Format("2006-01-02 15:04:05Z"), message)
}

// oneJob is a runner that listens for 2 s and then has a job of 30 s.
func oneJob(_ context.Context, command run.Command) (int, error) {
	time.Sleep(time.Second)
	say(command.Out, "Listening for Jobs")
	time.Sleep(2 * time.Second)
	say(command.Out, "Running job: build")
	time.Sleep(30 * time.Second)
	say(command.Out, "Job build completed with result: Succeeded")
	return 0, nil
}

// listens is a runner that no job comes to.
func listens(ctx context.Context, command run.Command) (int, error) {
	say(command.Out, "Listening for Jobs")
	<-ctx.Done()
	return 130, nil
}

func failing(method string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == method {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// buffer is a buffer that many may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
