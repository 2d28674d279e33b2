package run

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// worker is the process of GitHub's runner that runs the steps of a job.
// Source: github.com/actions/runner, src/Runner.Listener/JobDispatcher.cs.
const worker = "Runner.Worker"

// FailSteps ends the step that a job of this process's runner is in, by SIGTERM to all that the step
// started, and says whether there was one. The runner itself is not touched: it ends its job as failed,
// with what the workflow has for that case, and has the time to tell GitHub. A runner that is interrupted
// ends its job as cancelled or as failed, as its version has it: see github.com/actions/runner, pull request
// 1792, and github.com/runs-on/runs-on, issue 249.
func FailSteps() bool {
	table := processes()
	runner := table.below(os.Getpid())
	at := slices.IndexFunc(runner, func(p process) bool { return p.name == worker })
	if at < 0 {
		return false
	}
	steps := table.below(runner[at].id)
	for _, step := range steps {
		end(step)
	}
	return len(steps) > 0
}

// end signals a process, if it is still the one that it was: ids are used again.
func end(p process) {
	found, err := os.FindProcess(p.id) // holds on to whatever has the id now
	if err != nil {
		return
	}
	defer func() { _ = found.Release() }()
	if now, ok := processOf(p.id); ok && now.started == p.started {
		_ = found.Signal(syscall.SIGTERM)
	}
}

// process is a process, as /proc has it.
type process struct {
	id, parent int
	name       string // its first 15 bytes
	started    string // ticks since the boot
}

// table is all processes, by their parent.
type table map[int][]process

func processes() table {
	all := table{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil {
			if p, ok := processOf(id); ok {
				all[p.parent] = append(all[p.parent], p)
			}
		}
	}
	return all
}

// processOf reads a process's stat: its name is in parentheses and may hold any; the parent comes second
// after it, and the time of its start twentieth. Source: man 5 proc_pid_stat.
func processOf(id int) (process, bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(id) + "/stat")
	if err != nil {
		return process{}, false
	}
	begin, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if begin < 0 || end < begin {
		return process{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return process{}, false
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return process{id: id, parent: parent, name: string(stat[begin+1 : end]), started: string(fields[19])}, true
}

// below are all descendants of a process, parents first.
func (t table) below(id int) (all []process) {
	for _, child := range t[id] {
		all = append(append(all, child), t.below(child.id)...)
	}
	return all
}
