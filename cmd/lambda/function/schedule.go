package function

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// tick does all tasks at the same time, so that none suffers from another's fault or slowness.
func (f *Function) tick(ctx context.Context) error {
	faults := make([]error, len(f.Schedule))
	var group sync.WaitGroup
	for n, task := range f.Schedule {
		group.Go(func() {
			if err := task.Do(ctx); err != nil {
				faults[n] = fmt.Errorf("%s: %w", task.Name, err)
			}
		})
	}
	group.Wait()
	return errors.Join(faults...)
}

// Container is a server in a container, which has a CPU only while it is called.
type Container struct {
	URL       string // of its tick: https://…/internal/tick
	Token     secret.Text
	Transport http.RoundTripper // nil is http.DefaultTransport
}

// Tick calls the container, which answers as soon as nothing is unfinished, or after 55 s. The end of the
// invocation, which comes later, ends the call.
func (c Container) Tick(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+string(c.Token.Bytes()))
	// The token is for nobody whom the container names.
	client := http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // lets the connection be used again
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: a 404 is another token than the container's, a 503 that it could make no pass", c.URL, answer.Status)
	}
	return nil
}
