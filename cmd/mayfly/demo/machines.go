package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/machine"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// machines is the hall of the demo's cloud: a process for each instance.
type machines struct {
	program  string // this one, started again as the machine
	agent    string // what the machine starts
	temp     string // where its disk is
	consoles string // where what it prints is kept, a file for each instance
	log      *slog.Logger

	mu     sync.Mutex
	booted map[string]runner.Offering // by instance
}

// boot is an instance's life, from its power-on to its power-off.
func (m *machines) boot(ctx context.Context, instance localcloud.Machine) {
	m.mu.Lock()
	m.booted[instance.Instance.ID] = instance.Instance.Offering
	m.mu.Unlock()
	if err := m.live(ctx, instance); err != nil {
		m.log.Warn("machine failed", "instance", instance.Instance.ID, "error", err)
	}
}

// live runs the machine's process. Its end of the pipe is the machine's plug: when ctx ends it is
// pulled, and if this program dies the kernel pulls it.
func (m *machines) live(ctx context.Context, instance localcloud.Machine) error {
	metadata, err := newSite(ctx, anywhere)
	if err != nil {
		return err
	}
	defer metadata.close()
	metadata.serve(unhurried(instance.Metadata))
	console, err := os.Create(filepath.Join(m.consoles, instance.Instance.ID+".log"))
	if err != nil {
		return fmt.Errorf("keep the console: %w", err)
	}
	defer func() { _ = console.Close() }() // it was written by another process

	process := exec.CommandContext(ctx, m.program, "machine", m.agent)
	process.Env = append(os.Environ(), "TMPDIR="+m.temp, machine.EndpointVariable+"="+metadata.URL)
	process.Stdout, process.Stderr = console, console
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C is for the demo alone
	plug, err := process.StdinPipe()
	if err != nil {
		return fmt.Errorf("make the plug: %w", err)
	}
	process.Cancel = plug.Close
	if err := process.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("see %s: %w", console.Name(), err)
	}
	return nil
}

// offerings are what all instances that booted are.
func (m *machines) offerings() map[string]runner.Offering {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.booted)
}
