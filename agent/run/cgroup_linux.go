package run

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cgroupRoot = "/sys/fs/cgroup" // where systemd mounts cgroup v2
	killWait   = 2 * time.Second  // for killed processes to be gone
	killGap    = 2 * time.Millisecond
)

// Cgroup is the runner's own. The runner's user cannot leave it: the group above it is root's.
// Source: docs.kernel.org, "Control Group v2", for all names of files here.
type Cgroup struct {
	dir  string
	open *os.File
}

// OwnCgroup is the directory of the cgroup that this process is in. It is an error where cgroup v2 is not
// what systemd uses.
func OwnCgroup() (string, error) {
	var mounted unix.Statfs_t
	if err := unix.Statfs(cgroupRoot, &mounted); err != nil || mounted.Type != unix.CGROUP2_SUPER_MAGIC {
		return "", fmt.Errorf("%s is no cgroup v2: boot with systemd.unified_cgroup_hierarchy=1", cgroupRoot)
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(groups)) {
		if path, v2 := strings.CutPrefix(strings.TrimSpace(line), "0::"); v2 {
			return filepath.Join(cgroupRoot, path), nil
		}
	}
	return "", errors.New("/proc/self/cgroup names no cgroup v2")
}

// Divide makes two cgroups of one that is delegated to the agent: "agent", which all that is in it goes
// to, and "runner" for the runner, with its bounds. A cgroup has processes or bounded children, not both.
func Divide(dir string, bounds Bounds) (*Cgroup, error) {
	c := &Cgroup{dir: filepath.Join(dir, "runner")}
	if err := c.divide(dir, bounds); err != nil {
		return nil, fmt.Errorf("divide the cgroup %s: %w: does the agent's unit have Delegate=yes?", dir, err)
	}
	return c, nil
}

func (c *Cgroup) divide(dir string, bounds Bounds) error {
	agent := filepath.Join(dir, "agent")
	for _, made := range []string{agent, c.dir} {
		if err := os.Mkdir(made, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // as all cgroups are
			return err
		}
	}
	if err := move(dir, agent); err != nil {
		return err
	}
	for _, bound := range []struct {
		controller, file string
		value            int64
	}{{"pids", "pids.max", int64(bounds.PIDs)}, {"memory", "memory.max", bounds.Memory}} {
		if bound.value == 0 {
			continue
		}
		if err := set(dir, "cgroup.subtree_control", "+"+bound.controller); err != nil {
			return err
		}
		if err := set(c.dir, bound.file, strconv.FormatInt(bound.value, 10)); err != nil {
			return err
		}
	}
	// memory.oom.group stays 0: what is killed for lack of memory is a step of the job, not the runner, which
	// lives to tell GitHub.
	var err error
	c.open, err = os.Open(c.dir)
	return err
}

// move moves every process of a cgroup to another.
func move(from, to string) error {
	processes, err := os.ReadFile(filepath.Join(from, "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, process := range bytes.Fields(processes) {
		if err := set(to, "cgroup.procs", string(process)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

func set(dir, file, value string) error {
	if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644); err != nil { //nolint:gosec // as the kernel makes them
		return fmt.Errorf("write %s: %w", value, err)
	}
	return nil
}

// Dir is where the cgroup is; empty if there is none.
func (c *Cgroup) Dir() string {
	if c == nil {
		return ""
	}
	return c.dir
}

// Kill kills all that is in the cgroup, wherever it hides, and waits until it is gone, 2 s at most.
func (c *Cgroup) Kill() error {
	if c == nil {
		return nil
	}
	if err := set(c.dir, "cgroup.kill", "1"); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < killWait; time.Sleep(killGap) {
		events, err := os.ReadFile(filepath.Join(c.dir, "cgroup.events"))
		if err != nil || bytes.Contains(events, []byte("populated 0")) {
			return err
		}
	}
	return fmt.Errorf("processes in %s are alive %v after they were killed", c.dir, killWait)
}

// expose takes from a process what its parent has of protection when memory runs out. GitHub's runner goes on
// from there: it has the steps of its job killed before itself. Source: man 5 proc_pid_oom_score_adj;
// github.com/actions/runner, src/Runner.Sdk/ProcessInvoker.cs.
func expose(pid int) error {
	return set("/proc/"+strconv.Itoa(pid), "oom_score_adj", "0")
}

// attributes start a command right in its cgroup: never outside of it, and with no process in between.
func attributes(command Command) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if command.Cgroup != nil {
		attributes.UseCgroupFD, attributes.CgroupFD = true, int(command.Cgroup.open.Fd())
	}
	return attributes
}
