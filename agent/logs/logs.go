// Package logs sends the agent's own log, and the log of GitHub's listener, to where they outlive the
// instance. Nothing here ever makes anybody wait: what is written is masked, cut into lines and kept in
// memory, and one goroutine sends it. If that is too slow, the oldest lines go, and the log tells how
// many.
//
//	Writer ─┐
//	        ├─▶ masked ──▶ lines ──▶ queue (bounded) ──▶ batches, one in 5 s ──▶ Store
//	Follow ─┘
//
// Logs begin before anybody knows where they are to go: lines are kept from [New] on, and sent from
// [Logs.Ship] on.
package logs

import (
	"cmp"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// flushFor is how long [Logs.Close] takes at most: the instance is to go.
const flushFor = 10 * time.Second

// Config is what logs need. The zero value of each field is the real thing.
type Config struct {
	Masker *secret.Masker // takes secrets out of every line; nil masks nothing
	Log    *slog.Logger   // is told when lines cannot be sent, once an outage; nil is nobody
	// Random spreads the calls of instances that started together: 0 ≤ x < 1. Nil is [rand.Float64].
	Random func() float64
}

// Logs are all that an instance has to say. They are safe for concurrent use; make them with [New].
type Logs struct {
	masker *secret.Masker
	log    *slog.Logger
	random func() float64
	queue  queue

	mu      sync.Mutex
	sources []*source
	working sync.WaitGroup // those who follow files
	ending  sync.Once
	closing chan struct{}
	shipped chan struct{} // closed when the last batch is sent; nil until Ship
	cancel  func()        // ends what Ship waits for
}

// New are logs that keep what is written until they know where to send it.
func New(config Config) *Logs {
	l := &Logs{
		masker: config.Masker, random: config.Random, closing: make(chan struct{}),
		log: cmp.Or(config.Log, slog.New(slog.DiscardHandler)),
	}
	if l.random == nil {
		l.random = rand.Float64
	}
	return l
}

// Writer takes a log. Each line of it becomes an event, with the prefix before it, at the time when it
// was written. It never fails and never waits.
func (l *Logs) Writer(prefix string) io.Writer { return l.newSource(prefix) }

func (l *Logs) newSource(prefix string) *source {
	s := newSource(&l.queue, l.masker, prefix)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources = append(l.sources, s)
	return s
}

// Close sends what is left, for 10 s at most, and says how many lines were never sent. Of each
// file up to 512 KiB is read first. What is written later is lost.
func (l *Logs) Close() (lost int) {
	l.ending.Do(func() {
		flushed := make(chan struct{})
		go l.flush(flushed)
		select {
		case <-flushed:
		case <-time.After(flushFor):
		}
	})
	return l.queue.unsent()
}

// flush has its own goroutine, for a file system of the job's may answer as late as it likes.
func (l *Logs) flush(flushed chan<- struct{}) {
	defer close(flushed)
	l.mu.Lock()
	shipped, cancel := l.shipped, l.cancel
	l.mu.Unlock()
	if shipped != nil {
		defer time.AfterFunc(flushFor, cancel).Stop()
	}
	close(l.closing)
	l.working.Wait()
	l.mu.Lock()
	sources := l.sources
	l.mu.Unlock()
	for _, s := range sources {
		s.flush()
	}
	l.queue.end()
	if shipped != nil {
		<-shipped
	}
}

// forget lets go of a source that nobody writes to any more.
func (l *Logs) forget(s *source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources = slices.DeleteFunc(l.sources, func(other *source) bool { return other == s })
}
