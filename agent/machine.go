package agent

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"time"

	"github.com/mayfly-ci/mayfly/agent/boot"
	"github.com/mayfly-ci/mayfly/agent/report"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/stock"
	"github.com/mayfly-ci/mayfly/agent/units"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// afterRuntime is how long after the longest that the runner may run the machine ends without the agent.
const afterRuntime = 5 * time.Minute

// errBare is of an instance whose user data is that of a demo.
var errBare = errors.New(`user data: profile is empty, and this is an instance of EC2: say "compat" or "hardened", for no job runs on a machine that is not prepared`)

// ours says whether the machine is the agent's to change. If not, it may be somebody's laptop.
func (l *life) ours() bool { return l.orders.Profile != assignment.Bare }

// markBoot marks what happened before the agent was there.
func (l *life) markBoot() {
	for step, when := range map[string]func(root string) (time.Time, error){
		runner.StepKernelStarted: boot.KernelStarted, runner.StepUserspaceStarted: boot.UserspaceStarted,
	} {
		at, err := when(l.Root)
		if err != nil {
			l.Log.Warn("a step of the boot is not known", "step", step, "error", err)
			continue
		}
		l.steps.MarkAt(step, at)
	}
}

// setDeadline has the machine end even if nothing is heard of the agent any more.
func (l *life) setDeadline() error {
	if !l.ours() {
		return nil
	}
	return units.SetDeadline(l.Root, l.task.MaxRuntime+afterRuntime)
}

// ensureRunner fetches the runner, on an image that has none.
func (l *life) ensureRunner(ctx context.Context) (err error) {
	machine := stock.Machine{Root: l.Root, Transport: l.Transport, Tool: l.Tool}
	program := l.orders.RunnerCommand[0]
	if !l.ours() || !machine.Lacks(program) {
		return nil
	}
	l.Log.Warn("the image has no runner, so this boot is slow", "program", program)
	l.slow, err = machine.Install(ctx, filepath.Dir(program), l.orders.Runner.For(runtime.GOARCH), l.orders.Profile == assignment.Compat)
	if err != nil {
		return err
	}
	l.steps.Mark(l.Log, runner.StepRunnerInstalled)
	return nil
}

// installHooks puts what the runner starts before and after its job where nothing of the job may write.
func (l *life) installHooks() (err error) {
	if l.ours() {
		l.hooks, err = run.InstallHooks(l.Root + "/run/mayfly-hooks")
	}
	return err
}

// runnerCommand is what to start: of GitHub's own runner, its listener.
func (l *life) runnerCommand() []string {
	if !l.ours() {
		return l.orders.RunnerCommand
	}
	return run.Listener(l.orders.RunnerCommand)
}

// tellJob has the job's log tell of the machine and its boot so far.
func (l *life) tellJob() {
	if !l.ours() {
		return
	}
	system := boot.ReadSystem(l.Root)
	setup := report.Setup{
		Instance: l.instance.ID, Type: l.instance.Type, Zone: l.instance.Zone, RunnerName: l.task.RunnerName,
		Timings: l.steps.All(),
		Image:   l.instance.Image, System: system.Name, Kernel: system.Kernel, Profile: string(l.orders.Profile),
		Slow: l.slow,
	}
	if err := setup.Write(l.Root + filepath.Dir(l.orders.RunnerCommand[0])); err != nil {
		l.Log.Warn("the job's log does not tell of this machine", "error", err)
	}
}
