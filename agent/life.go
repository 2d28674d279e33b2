package agent

import (
	"cmp"
	"context"
	"crypto/x509"
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
	"github.com/mayfly-ci/mayfly/agent/stock"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// systemPowerOff ends an instance whose user data cannot be read.
var systemPowerOff = []string{"systemctl", "poweroff"}

const (
	connectTimeout  = 5 * time.Second
	metadataTimeout = time.Second // to connect: it is on the same host
)

// life is one instance's, as far as it has got.
type life struct {
	Config
	toMetadata http.RoundTripper
	steps      report.Steps
	endpoint   boot.Endpoint
	instance   boot.Instance
	orders     assignment.UserData
	objects    *bucket.Bucket
	sender     *report.Sender // nil until the bucket is known
	task       assignment.Assignment
	room       prepare.Room
	hooks      run.Hooks         // none but on a machine with a profile; as are the next two
	user       *run.User         // whom the runner runs as
	cgroup     *run.Cgroup       // what it runs in
	slow       []string          // why this boot was slow, in sentences for the job's log
	last       assignment.Report // the exited report
}

func begin(config Config) *life {
	toMetadata := config.Transport
	if config.Transport == nil {
		config.Transport, toMetadata = network(connectTimeout), network(metadataTimeout)
		// The certificates to trust take some milliseconds to read, once. S3's is checked only after the
		// metadata has told where the bucket is.
		go func() { _, _ = x509.SystemCertPool() }()
	}
	if config.Start == nil {
		config.Start = run.Exec
	}
	if config.Tool == nil {
		config.Tool = stock.Exec
	}
	if config.PowerOff == nil {
		config.PowerOff = shutdown.Exec
	}
	config.Stdout = cmp.Or(config.Stdout, io.Discard)
	config.Log = cmp.Or(config.Log, slog.Default())
	l := &life{Config: config, toMetadata: toMetadata, last: assignment.Report{Kind: assignment.Exited, ExitCode: neverStarted}}
	l.steps.Mark(l.Log, runner.StepAgentStarted)
	return l
}

// network is the real one. A proxy of the environment is for jobs, and would get the credentials.
func network(connect time.Duration) *http.Transport {
	return &http.Transport{DialContext: (&net.Dialer{Timeout: connect}).DialContext, TLSHandshakeTimeout: connect}
}

// problem adds to what the last report tells. It tells what the exit code does not.
func (l *life) problem(err error) {
	if l.last.Problem != "" {
		l.last.Problem += "; "
	}
	l.last.Problem += l.Masker.MaskString(err.Error())
}

// force is what ends the instance if nothing else does; none on a laptop on which somebody tries the agent.
func (l *life) force() shutdown.Force {
	if !l.endpoint.Real {
		return nil
	}
	return l.Force
}

// end is where every life ends. First of all it makes sure of the last thing: the power-off.
func (l *life) end(ctx context.Context, panicked any, err error) error {
	defer func() { shutdown.End(ctx, l.orders.PowerOff, l.PowerOff, l.force(), l.Log) }()
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
