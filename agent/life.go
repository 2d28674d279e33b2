package agent

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
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
	l.steps.Mark(l.Log, report.AgentStarted)
	return l
}

// network is the real one. A proxy of the environment is for jobs, and would get the credentials.
func network() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
	}
}

// straight is a client that follows no redirect: nobody but the user data says where the bucket is.
func straight(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// boot finds out which instance this is, and opens its bucket.
func (l *life) boot(ctx context.Context) error {
	endpoint, err := boot.ParseEndpoint(l.Endpoint)
	if err != nil {
		return err
	}
	metadata := boot.NewMetadata(endpoint, l.Transport)
	if l.instance, err = metadata.Identify(ctx); err != nil {
		return err
	}
	l.Log = l.Log.With("instance", l.instance.ID)
	l.steps.MarkAt(report.InstanceLaunched, l.instance.LaunchedAt)
	if l.orders, err = metadata.UserData(ctx); err != nil {
		if endpoint.Real { // so this is an instance, and no laptop on which somebody tries the agent
			l.orders.PowerOff = systemPowerOff
		}
		return err
	}
	l.objects = bucket.New(bucket.Config{
		Name: l.orders.Bucket, Region: l.instance.Region, Endpoint: l.orders.S3Endpoint,
		Credentials: metadata.Credentials(), Client: straight(l.Transport),
	})
	l.sender = report.NewSender(ctx, l.objects, func(n int) string {
		return runner.ReportKey(l.orders.RoleID, l.instance.ID, n)
	}, l.Log)
	return nil
}

// takeAssignment reads the assignment. It is the right to run a job, so it is gone from the bucket
// before anything else is done with it. If it cannot be deleted the job comes first: only this
// instance may read it, and the bucket's lifecycle ends it within a day.
func (l *life) takeAssignment(ctx context.Context) error {
	key := runner.AssignmentKey(l.orders.RoleID, l.instance.ID)
	body, err := boot.Fetch(ctx, l.objects, key)
	if err != nil {
		return err
	}
	l.steps.Mark(l.Log, report.AssignmentRead)
	if err := boot.Delete(ctx, l.objects, key); err != nil {
		l.Log.Error("the assignment is still in the bucket, its lifecycle has to remove it", "key", key, "error", err)
		l.last.Problem = err.Error()
	} else {
		l.steps.Mark(l.Log, report.AssignmentDeleted)
	}
	l.task, err = assignment.Decode(body, l.instance.ID)
	if err == nil {
		l.Log = l.Log.With("runner_name", l.task.RunnerName)
	}
	return err
}

func (l *life) prepare() (err error) {
	l.room, err = prepare.NewRoom()
	return err
}

// command is the runner, ready to start.
func (l *life) command(output io.Writer) run.Command {
	return run.Command{
		Args: l.orders.RunnerCommand,
		Env:  prepare.Environment(os.Environ(), l.room, l.task.JITConfig),
		Dir:  l.room.Dir,
		Out:  output,
	}
}

// end is where every life ends. First of all it makes sure of the last thing: the power-off.
func (l *life) end(ctx context.Context, panicked any, err error) error {
	defer shutdown.End(ctx, l.orders.PowerOff, l.PowerOff, l.Log)
	if panicked != nil {
		err = fmt.Errorf("the agent panicked: %v", panicked)
	}
	if err != nil {
		l.Log.Error("no job was run here", "error", err)
		l.last.Problem = err.Error()
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
