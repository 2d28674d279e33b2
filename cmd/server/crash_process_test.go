//go:build crash

package main

import (
	"os"
	"os/exec"
	"sync"
	"testing"
)

// lives are the processes of the real server, one after the other.
type lives struct {
	t           *testing.T
	binary      string
	environment []string
	log         *os.File

	mu      sync.Mutex
	process *exec.Cmd
	killed  bool
	ended   chan struct{} // closed when the process is gone
}

// start starts the next one.
func (l *lives) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	process, ended := exec.CommandContext(l.t.Context(), l.binary), make(chan struct{})
	process.Env, process.Stdout, process.Stderr = l.environment, l.log, l.log
	l.process, l.killed, l.ended = process, false, ended
	if err := process.Start(); err != nil {
		l.t.Errorf("the server does not start: %v", err)
		close(ended)
		return
	}
	go func() {
		err := process.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.killed && l.t.Context().Err() == nil {
			l.t.Errorf("the server ended by itself: %v", err)
		}
		close(ended)
	}()
}

// kill kills the process with SIGKILL, and waits until it is gone.
func (l *lives) kill() {
	l.mu.Lock()
	l.killed = true
	process, ended := l.process.Process, l.ended
	l.mu.Unlock()
	_ = process.Kill() // it may be gone already
	<-ended
}
