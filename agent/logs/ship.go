package logs

import (
	"context"
	"errors"
	"time"
)

const (
	// every is how often a batch is sent: 128 KiB in 5 s is what an instance may add to the log, and
	// 1,000 instances make 200 calls a second, far from what an account may.
	every = 5 * time.Second
	// sendFor is how long one batch may take.
	sendFor = 5 * time.Second
	// The waits after failures, doubled each time.
	firstWait, longestWait = time.Second, time.Minute
)

// What a store's error may be; after any other the same batch is sent again, later.
var (
	ErrRefused  = errors.New("the batch is refused, and would be again")
	ErrNoStream = errors.New("the stream is not there")
)

// Store is where the log goes; agent/logs/cloudwatch has one.
type Store interface {
	// Open makes the stream. One that is there already is no error.
	Open(ctx context.Context) error
	// Put adds events, in order of time and within what CloudWatch Logs takes at once, and says how many
	// of them it did not keep. [ErrRefused] and [ErrNoStream] are wrapped.
	Put(ctx context.Context, events []Event) (refused int, err error)
}

// Ship sends what has been written, and what will be, to a store, until [Logs.Close]. It is called once
// and does not wait. The end of ctx does not stop it, for the last lines tell of just that.
func (l *Logs) Ship(ctx context.Context, store Store) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.shipped = make(chan struct{})
	s := &shipment{Logs: l, store: store}
	go s.work(ctx, l.shipped)
}

// shipment is the sending of logs, as far as it has got.
type shipment struct {
	*Logs
	store    Store
	isOpen   bool
	failures int   // in a row
	held     batch // is being sent
}

func (s *shipment) work(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	// Machines that booted together do not all begin at once.
	wait := time.Duration(s.random() * float64(every))
	for s.pause(ctx, wait) {
		last := s.ended()
		if len(s.held.events) == 0 {
			s.held = s.queue.take()
		}
		if len(s.held.events) == 0 {
			if last {
				return
			}
			wait = every
			continue
		}
		wait = s.send(ctx)
	}
}

// ended says whether all that will ever be written is in the queue.
func (s *shipment) ended() bool {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return s.queue.ended
}

// pause waits; shorter once the logs close. It says whether there is time left.
func (s *shipment) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
		short := 100 * time.Millisecond // files are being read to their end, or nothing is wrong
		if s.failures > 0 {
			short = min(wait, firstWait)
		}
		timer.Reset(short)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// send sends the batch that is held, and says when to come again.
func (s *shipment) send(ctx context.Context) time.Duration {
	refused, err := s.put(ctx)
	switch {
	case err == nil:
		s.queue.sent()
		s.queue.lose(refused)
	case errors.Is(err, ErrRefused):
		s.queue.lose(0)
		s.log.Warn("lines of the log are lost: they are refused", "lines", s.held.lines, "error", err)
	default:
		if s.failures++; s.failures == 1 {
			s.log.Warn("the log cannot be sent, it is kept for now", "error", err)
		}
		longest := min(firstWait<<min(s.failures-1, 10), longestWait)
		return time.Duration((0.5 + s.random()/2) * float64(longest))
	}
	s.held, s.failures = batch{}, 0
	return every
}

func (s *shipment) put(ctx context.Context) (refused int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	if !s.isOpen {
		if err := s.store.Open(ctx); err != nil {
			return 0, err
		}
		s.isOpen = true
	}
	refused, err = s.store.Put(ctx, s.held.events)
	if errors.Is(err, ErrNoStream) {
		s.isOpen = false
	}
	return refused, err
}
