package machine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	sweepFor = 10 * time.Second     // then what is left can not be killed: it is another user's
	sweepGap = 2 * time.Millisecond // for a killed process to be gone
)

// adopt makes this process the parent of every orphan among its descendants, so that nothing gets
// away by daemonising itself. Source: man 2 prctl, PR_SET_CHILD_SUBREAPER.
func adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("adopt orphans: %w", err)
	}
	return nil
}

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// stop ends the agent, as a power cut would.
func stop(agent *os.Process, gone <-chan struct{}) {
	_ = agent.Kill() // it may be gone already
	<-gone
}

// sweep kills children until there are none. Those of a killed child become ours, so the whole tree
// comes by; and no process id can be anybody else's, for a child keeps its own until we reap it.
func sweep(int) error {
	deadline := time.Now().Add(sweepFor)
	for {
		if reap() {
			return nil
		}
		children, err := childrenOf(os.Getpid())
		if err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("these processes could not be ended: %s: end them by hand", strings.Trim(fmt.Sprint(children), "[]"))
		}
		for _, child := range children {
			_ = unix.Kill(child, unix.SIGKILL) // tried again until it is gone
		}
		time.Sleep(sweepGap)
	}
}

// reap buries the dead, and says whether no child is left, dead or alive.
func reap() (none bool) {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if errors.Is(err, unix.ECHILD) {
			return true
		}
		if !errors.Is(err, unix.EINTR) && pid <= 0 {
			return false
		}
	}
}

func childrenOf(parent int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var children []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && parentOf(pid) == parent {
			children = append(children, pid)
		}
	}
	return children, nil
}

// parentOf is a process's parent, or 0 if the process is gone. In its stat the parent comes second
// after the name, which is in parentheses and may hold any. Source: man 5 proc_pid_stat.
func parentOf(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}
