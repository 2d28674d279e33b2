package agent_test

import (
	"context"
	"net/http"
	"time"

	"github.com/mayfly-ci/mayfly/agent"
	"github.com/mayfly-ci/mayfly/agent/door"
	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/agent/prepare/machine"
	"github.com/mayfly-ci/mayfly/agent/run"
)

// made is what the agent's hands did to a world's machine.
type made struct {
	broken   map[string]error // by what is to fail
	slow     time.Duration    // how long the machine takes to be prepared
	user     machine.User
	wanted   machine.Config
	access   machine.Access
	bounds   run.Bounds
	docker   http.Handler
	door     door.Config
	ssh      bool
	shipping cloudwatch.Config
	shipped  buffer
	checked  string // the program with an image's checks
}

// hands do nothing but note what they are to do.
func (m *made) hands(happened func(string)) agent.Hands {
	did := func(what string) error { happened(what); return m.broken[what] }
	return agent.Hands{
		Prepare: func(ctx context.Context, config machine.Config) (machine.Prepared, error) {
			select {
			case <-time.After(m.slow):
			case <-ctx.Done():
				return machine.Prepared{}, context.Cause(ctx)
			}
			m.wanted = config
			steps := []machine.Done{{Step: "swap", Skipped: "there is no room"}}
			return machine.Prepared{Steps: steps, Runner: m.user, Limits: machine.Limits{PIDs: 99, Memory: 1 << 30}}, m.broken["machine"]
		},
		LetIn: func(_ context.Context, _ string, access machine.Access) error { m.access = access; return did("ssh") },
		Divide: func(bounds run.Bounds) (*run.Cgroup, error) {
			m.bounds = bounds
			return nil, did("cgroup")
		},
		Docker:    func(_ context.Context, plugin http.Handler) error { m.docker = plugin; return did("docker") },
		Close:     func(_ context.Context, config door.Config) error { m.door = config; return did("door") },
		Listeners: func(ssh bool) error { m.ssh = ssh; return did("listeners") },
		Refused:   func() (uint64, error) { return 3, nil },
		Store: func(config cloudwatch.Config) logs.Store {
			m.shipping = config
			return m
		},
		Check: func(_ context.Context, program string) ([]byte, error) {
			m.checked = program
			return []byte("ok no key is in the image\nFAILED swap is encrypted\n"), did("check")
		},
	}
}

// Open is [logs.Store].
func (m *made) Open(context.Context) error { return nil }

// Put is [logs.Store].
func (m *made) Put(_ context.Context, events []logs.Event) (refused int, err error) {
	for _, event := range events {
		_, _ = m.shipped.Write([]byte(event.Text + "\n"))
	}
	return 0, nil
}
