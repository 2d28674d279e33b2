package agent

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/mayfly-ci/mayfly/agent/boot"
	"github.com/mayfly-ci/mayfly/agent/prepare"
	"github.com/mayfly-ci/mayfly/agent/report"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/agent/shutdown"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// systemPowerOff ends an instance whose user data cannot be read.
var systemPowerOff = []string{"systemctl", "poweroff"}

// life is one instance's, as far as it has got.
type life struct {
	Config
	steps    report.Steps
	instance boot.Instance
	orders   assignment.UserData
	objects  *bucket.Bucket
	sender   *report.Sender // nil until the bucket is known
	task     assignment.Assignment
	room     prepare.Room
	last     assignment.Report // the exited report
}

func begin(config Config) *life {
	if config.Transport == nil {
		config.Transport = network()
	}
	if config.Start == nil {
		config.Start = run.Exec
	}
	if config.PowerOff == nil {
		config.PowerOff = shutdown.Exec
	}
	config.Stdout = cmp.Or(config.Stdout, io.Discard)
	config.Log = cmp.Or(config.Log, slog.Default())
	l := &life{Config: config, last: assignment.Report{Kind: assignment.Exited, ExitCode: neverStarted}}
	l.steps.Mark(l.Log, runner.StepAgentStarted)
	return l
}

// network is the real one. A proxy of the environment is for jobs, and would get the credentials.
func network() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
	}
}

// problem adds to what the last report tells. It tells what the exit code does not.
func (l *life) problem(err error) {
	if l.last.Problem != "" {
		l.last.Problem += "; "
	}
	l.last.Problem += l.Masker.MaskString(err.Error())
}

// end is where every life ends. First of all it makes sure of the last thing: the power-off.
func (l *life) end(ctx context.Context, panicked any, err error) error {
	defer shutdown.End(ctx, l.orders.PowerOff, l.PowerOff, l.Log)
	if panicked != nil {
		l.Log.Error("panic", "stack", string(debug.Stack()))
		err = fmt.Errorf("the agent panicked: %v", panicked)
	}
	if err != nil {
		l.Log.Error("no job was run here", "error", err)
		if l.last.ExitCode == neverStarted {
			l.problem(err)
		}
	}
	if l.sender != nil {
		l.last.Timings = l.steps.All()
		l.sender.Send(l.last)
		l.sender.Close()
	}
	if err := l.room.Clear(); err != nil {
		l.Log.Warn("something of the job is left on the disk", "error", err)
	}
	return err
}
