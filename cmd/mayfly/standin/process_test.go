package standin_test

import (
	"io"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// tell makes a named pipe, and closes a channel once somebody has written to it.
func tell(t *testing.T, path string) <-chan struct{} {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		_, _ = os.ReadFile(path)
	}()
	return told
}

// end ends a process that a step has left.
func end(t *testing.T, pid string) {
	t.Helper()
	id, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
		t.Errorf("end the process that the step left: %v", err)
	}
}

// tether is a named pipe that processes hold. Cut waits until none does.
func tether(t *testing.T) (path string, cut func()) {
	t.Helper()
	path = t.TempDir() + "/tether"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	end, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return path, func() {
		t.Helper()
		defer end.Close()
		if _, err := io.Copy(io.Discard, end); err != nil {
			t.Error(err)
		}
	}
}
