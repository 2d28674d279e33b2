//go:build unix && !linux

package machine

import (
	"os"
	"syscall"
	"time"
)

// agentGrace is how long the agent has to end its runner, which is in a group of its own: the agent
// gives the runner 10 s.
const agentGrace = 15 * time.Second

// adopt does nothing: only Linux knows how.
func adopt() error { return nil }

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// stop asks the agent to end, for only the agent can end its runner.
func stop(agent *os.Process, gone <-chan struct{}) {
	_ = agent.Signal(syscall.SIGTERM) // it may be gone already
	select {
	case <-gone:
	case <-time.After(agentGrace):
		_ = agent.Kill()
		<-gone
	}
}

// sweep kills what is left of the agent's process group. What daemonised itself gets away.
func sweep(agent int) error {
	_ = syscall.Kill(-agent, syscall.SIGKILL) // it is empty as a rule
	return nil
}
