package agent

import (
	"cmp"
	"context"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/mayfly-ci/mayfly/agent/boot"
	"github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/agent/report"
	"github.com/mayfly-ci/mayfly/agent/telemetry"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// openLogs sends what was logged so far, and will be, to where the stack wants it.
func (l *life) openLogs(ctx context.Context) (err error) {
	if l.orders.LogGroup != "" && l.Logs != nil {
		l.Logs.Ship(ctx, l.Hands.Store(cloudwatch.Config{
			Group: l.orders.LogGroup, Stream: l.instance.ID, Region: l.instance.Region,
			Credentials: l.credentials, Client: straight(l.Transport),
		}))
	}
	l.telemetry, err = telemetry.New(l.orders.TelemetryURL)
	return err
}

// followRunner sends the listener's log, too. Of jobs it has none: those are GitHub's, and nobody here masks them.
func (l *life) followRunner(context.Context) error {
	if l.Logs != nil {
		l.Logs.Follow(filepath.Join(l.Root, l.room.Dir, "_diag"), l.machine.Runner.UID)
	}
	return nil
}

// closeLogs sends the last of the log.
func (l *life) closeLogs() {
	if l.Logs == nil {
		return
	}
	if lost := l.Logs.Close(); lost > 0 {
		l.Log.Warn("lines of the log were never sent", "lost", lost)
	}
}

// note tells of a job's start whom the stack wants it told, if anybody.
func (l *life) note(ctx context.Context) {
	l.telemetry.Send(ctx, telemetry.Note{
		Time: time.Now().UTC(), Organisation: l.task.Organisation, Version: version(), Architecture: runtime.GOARCH,
		InstanceType: l.instance.Type, Region: l.instance.Region, BootTimings: l.steps.All(),
	})
}

// version is the agent's, as Go knows it.
func version() string {
	build, known := debug.ReadBuildInfo()
	if !known {
		return "unknown"
	}
	return cmp.Or(build.Main.Version, "unknown")
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

// countKnocks tells how often somebody but root tried the metadata's door.
func (l *life) countKnocks() {
	if l.machine.Runner.Name == "" {
		return
	}
	if packets, err := l.Hands.Refused(); err == nil && packets > 0 {
		l.Log.Info("packets to the metadata were refused, the agent's own probe's among them", "packets", packets)
	}
}
