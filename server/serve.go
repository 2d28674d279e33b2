package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// A process is to end within 20 s of being told to.
const (
	passEnds    = 12 * time.Second // then the calls are cut off that the pass still waits for
	requestsEnd = 18 * time.Second // then the connections are closed that are still open
)

// Serve answers on a listener, and makes the passes, until ctx ends. Then it listens no more, answers
// what is in flight, lets the pass under way end before its next effect, and gives the lease back: within
// 20 s. What is cut off at their end is repaired as after a crash. Serve is called once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	web := NewHTTP(s.Handler(), s.config.Log)
	kept := context.WithoutCancel(ctx)
	passes, cutOff := context.WithCancel(kept)
	defer cutOff()
	var work sync.WaitGroup
	work.Go(func() { s.Run(passes) })
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	var failed error
	select {
	case failed = <-served:
	case <-ctx.Done():
	}
	close(s.leaving)
	defer time.AfterFunc(passEnds, cutOff).Stop()
	last, cancel := context.WithTimeout(kept, requestsEnd)
	defer cancel()
	if err := web.Shutdown(last); err != nil {
		failed = errors.Join(failed, err, web.Close())
	}
	ended := make(chan struct{})
	go func() { defer close(ended); work.Wait() }()
	select {
	case <-ended:
	case <-last.Done():
		failed = errors.Join(failed, errors.New("server: the last pass does not end"))
	}
	if errors.Is(failed, http.ErrServerClosed) {
		return nil
	}
	return failed
}

// isLeaving says whether the process is to end.
func (s *Server) isLeaving() bool {
	select {
	case <-s.leaving:
		return true
	default:
		return false
	}
}
