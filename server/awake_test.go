package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

const tickKey = "a tick's token of 32 bytes or more."

var ticking = config(func(c *server.Config) { c.TickToken = secret.New(tickKey) })

// tick is a tick of the Lambda: its status, and how long it was held open.
func (w *world) tick() (status int, took time.Duration) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://server:80/internal/tick", http.NoBody)
	check(w.t, err)
	request.Header.Set("Authorization", "Bearer "+tickKey)
	synctest.Wait() // whoever makes the passes has begun
	began := time.Now()
	answer, err := w.wire.RoundTrip(request)
	check(w.t, err)
	check(w.t, answer.Body.Close())
	return answer.StatusCode, time.Since(began)
}

func TestATickIsAnsweredAtOnceWhileNothingIsUnfinished(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		if status, took := w.tick(); status != http.StatusOK || took > time.Second {
			t.Errorf("got %d after %v, want 200 at once", status, took)
		}
	}, ticking)
}

func TestATickIsHeldOpenWhileAJobRuns(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(1, small, localhub.Step{Run: "sleep 70s"})
		w.delivered(1)
		if status, took := w.tick(); status != http.StatusOK || took != 55*time.Second {
			t.Errorf("got %d after %v, want 200 after 55 s", status, took)
		}
		if status, took := w.tick(); status != http.StatusOK || took >= 55*time.Second || w.hub.Books().Unfinished() > 0 || w.cloud.Books().Left > 0 {
			t.Errorf("got %d after %v, want 200 once the instance is gone; the log:\n%s", status, took, w.log.String())
		}
		w.settle(time.Minute)
	}, ticking)
}

func TestATickThatNoPassCouldBeMadeForSaysSo(t *testing.T) {
	story(t, func(t *testing.T, w *world) {
		lease, err := w.record.Acquire(t.Context(), "somebody else", time.Hour)
		check(t, err)
		stop := w.run()
		if status, took := w.tick(); status != http.StatusServiceUnavailable || took != 55*time.Second {
			t.Errorf("got %d after %v, want 503 after 55 s", status, took)
		}
		if log := w.log.String(); strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("that somebody else has the lease is no error; the log:\n%s", log)
		}
		stop()
		check(t, w.record.Release(t.Context(), lease))
	}, ticking)
}

func TestATickIsForWhoeverHasItsToken(t *testing.T) {
	closed, open := newFront(t, server.Config{}), newFront(t, server.Config{TickToken: secret.New(tickKey), AdminToken: secret.New(adminKey)})
	for name, test := range map[string]struct {
		front         *front
		method, token string
		want          int
	}{
		"the token":               {open, http.MethodPost, tickKey, http.StatusOK},
		"another method":          {open, http.MethodGet, tickKey, http.StatusNotFound},
		"none":                    {open, http.MethodPost, "", http.StatusNotFound},
		"the page's":              {open, http.MethodPost, adminKey, http.StatusNotFound},
		"its beginning":           {open, http.MethodPost, tickKey[:32], http.StatusNotFound},
		"the token where none is": {closed, http.MethodPost, tickKey, http.StatusNotFound},
		"none where none is":      {closed, http.MethodPost, "", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			answer := ask(t, test.front.handler, test.method, "/internal/tick", test.token)
			if answer.Code != test.want || answer.Body.Len() > 0 {
				t.Errorf("got %d and %q, want %d and nothing", answer.Code, answer.Body, test.want)
			}
		})
	}
}

// slow is a record whose lease takes a while to get, and with it a pass.
type slow struct {
	server.Record
	by time.Duration
}

func (s slow) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	select {
	case <-time.After(s.by):
		return s.Record.Acquire(ctx, holder, during)
	case <-ctx.Done():
		return runner.Lease{}, ctx.Err()
	}
}

// silent is a queue that keeps to itself what it has.
type silent struct{ server.Queue }

func (silent) Receive(context.Context, int, time.Duration) ([]runner.Message, error) { return nil, nil }

func TestTheLastRequestInFlightWaitsForItsPass(t *testing.T) {
	for name, test := range map[string]struct {
		pass  time.Duration
		later []time.Duration // when more webhooks come
		want  []time.Duration // how long each is held open
	}{
		"alone":                   {time.Second, nil, []time.Duration{time.Second}},
		"a long pass":             {20 * time.Second, nil, []time.Duration{3 * time.Second}},
		"another comes meanwhile": {time.Second, []time.Duration{500 * time.Millisecond}, []time.Duration{2 * time.Second, 0}},
		"another comes afterwards": {
			time.Second, []time.Duration{5 * time.Second}, []time.Duration{time.Second, time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFront(t, server.Config{Sweep: rarely, TickToken: secret.New(tickKey)}, unswept(t), func(s *server.Seams) {
					s.Record, s.Queue = slow{s.Record, test.pass}, silent{s.Queue}
				})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go f.server.Run(ctx)
				time.Sleep(30 * time.Second) // its first pass is over
				began := time.Now()
				took := make([]chan time.Duration, len(test.want))
				for i := range test.want {
					if i > 0 {
						time.Sleep(time.Until(began.Add(test.later[i-1])))
					}
					took[i] = make(chan time.Duration, 1)
					request := delivery(t)
					go func() {
						sent := time.Now()
						answered(f.handler, request)
						took[i] <- time.Since(sent)
					}()
					synctest.Wait()
				}
				for i, want := range test.want {
					if got := <-took[i]; got != want {
						t.Errorf("webhook %d was held open for %v, want %v", i, got, want)
					}
				}
				stop()
				synctest.Wait()
			})
		})
	}
}

func TestAWebhookWaitsForNoPassWhereTheCPUIsAlwaysOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, server.Config{Sweep: rarely}, unswept(t), func(s *server.Seams) { s.Record = slow{s.Record, time.Second} })
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go f.server.Run(ctx)
		time.Sleep(30 * time.Second) // its first pass is over
		began := time.Now()
		if answer := answered(f.handler, delivery(t)); answer.Code != http.StatusAccepted || time.Since(began) != 0 {
			t.Errorf("got %d after %v, want 202 at once", answer.Code, time.Since(began))
		}
		stop()
		synctest.Wait()
	})
}

func TestAWebhookWaitsForNobodyWhereNobodyMakesPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFront(t, server.Config{TickToken: secret.New(tickKey)})
		began := time.Now()
		if answer := answered(f.handler, delivery(t)); answer.Code != http.StatusAccepted || time.Since(began) != 0 {
			t.Errorf("got %d after %v, want 202 at once", answer.Code, time.Since(began))
		}
	})
}

var errDown = errors.New("down: arn:aws:dynamodb:eu-west-1:123456789012:table/prod")
