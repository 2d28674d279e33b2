package server

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Where there is a CPU only while a request is in flight, as on App Runner, somebody has to wait for the
// work. These are the two who do.

const (
	tickPath = "/internal/tick"
	tickFor  = 55 * time.Second // that a tick is held open: there is one a minute
	// queuedWaits and othersWait are how long webhooks wait to be sent together, at most; one that comes
	// alone is sent at once. Both are far from the 10 s that lastWaits speaks of.
	queuedWaits = 50 * time.Millisecond
	othersWait  = 500 * time.Millisecond
	// lastWaits is how long the last request in flight waits for its pass. GitHub hangs up after 10 s:
	// docs.github.com, "Handling webhook deliveries".
	lastWaits = 3 * time.Second
)

// heard makes an event durable, and wakes whoever makes the passes. Where ticks keep the CPU on, it waits
// for them to catch up if no other request is in flight.
func (s *Server) heard(ctx context.Context, event runner.Event) error {
	s.inFlight.Add(1)
	body, err := event.MarshalJSON() // as json.Marshal would, which then reads it all again
	if err == nil {
		err = s.outbox.send(ctx, body, s.patience(event))
	}
	if err == nil {
		s.Wake()
	}
	if s.inFlight.Add(-1) > 0 || err != nil || s.config.TickToken.Empty() {
		return err
	}
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, lastWaits)
	defer cancel()
	s.pulse.settled(ctx, s.leaving)
	return nil
}

// patience is how long a webhook may wait for company on its way to the queue. A job that is queued has
// somebody waiting for it; that one has begun or ended is known to its runner already.
func (s *Server) patience(event runner.Event) time.Duration {
	switch {
	case !s.config.Gather:
		return 0
	case event.Job != nil && event.Job.Action == "queued":
		return queuedWaits
	}
	return othersWait
}

// ticked is a tick by whoever has its token. To all others there is nothing.
func (s *Server) ticked(c echo.Context) error {
	return s.behind(c, bears(c.Request(), s.config.TickToken), http.HandlerFunc(s.tick))
}

// tick has a pass made, and more as long as anything is unfinished, up to 55 s. It is 503 if none could be.
func (s *Server) tick(w http.ResponseWriter, r *http.Request) {
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{}) // or the request would be taken for one whose client has left
	_ = connection.SetWriteDeadline(time.Now().Add(tickFor + writeTime))
	ctx, cancel := context.WithTimeout(r.Context(), tickFor)
	defer cancel()
	s.Wake()
	if !s.pulse.settled(ctx, s.leaving) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	s.pulse.finished(ctx, s.leaving)
	w.WriteHeader(http.StatusOK)
}
