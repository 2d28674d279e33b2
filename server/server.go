package server

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/group"
	"github.com/mayfly-ci/mayfly/server/image"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/lifecycle"
	"github.com/mayfly-ci/mayfly/server/metrics"
	"github.com/mayfly-ci/mayfly/server/origin"
	"github.com/mayfly-ci/mayfly/server/rerun"
	"github.com/mayfly-ci/mayfly/server/scheduler"
	"github.com/mayfly-ci/mayfly/server/sweep"
	"github.com/mayfly-ci/mayfly/server/terminate"
	"github.com/mayfly-ci/mayfly/server/usage"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// Server is one process of a stack. Make it with [New].
type Server struct {
	config  Config
	seams   Seams
	metrics *metrics.Metrics

	webhook   *webhook.Handler
	shapes    scheduler.Shapes
	rules     lifecycle.Rules
	limits    scheduler.Limits
	origin    *origin.Stage
	group     *group.Stage
	launch    *launch.Stage
	terminate *terminate.Stage
	rerun     *rerun.Stage
	sweep     *sweep.Stage
	alert     *alert.Stage
	image     *image.Stage
	usage     *usage.Stage

	wake     chan struct{} // has room for one: there is something to do
	pulse    pulse
	outbox   *outbox
	inFlight atomic.Int64  // requests that keep the CPU on: webhooks and ticks
	leaving  chan struct{} // closed once the process is to end
	health   health

	passing   sync.Mutex       // one pass at a time in this process
	decidedAt time.Time        // when a pass last decided; at first when the process began
	snapshot  *runner.Snapshot // as it was after the last pass of this process; nil if unknown
	fence     int64            // of the last lease of this process
	stock     *Stock           // that the pass works with; nil if there is none yet

	board admin.Board // what people are shown
}

// New wires a server, in the order of the flow. The error says everything that is wrong with the
// configuration.
func New(config Config, seams Seams) (*Server, error) {
	config, err := config.withDefaults(seams)
	if err != nil {
		return nil, err
	}
	for _, used := range append(slices.Clone(config.WebhookSecrets), config.MetricsToken, config.AdminToken, config.TickToken) {
		_ = config.Masker.Register(used, time.Time{}) // one that is too short for it is refused below
	}
	s := &Server{
		config: config, seams: seams, outbox: newOutbox(seams.Queue), metrics: newMetrics(),
		wake: make(chan struct{}, 1), leaving: make(chan struct{}), decidedAt: wall(),
		health: health{lacks: map[string]string{lackPass.part: lackPass.told}},
	}
	s.seams.Fleet = measuredFleet{seams.Fleet, s.metrics}
	s.webhook, err = webhook.New(webhook.Config{
		Secrets: config.WebhookSecrets, Source: seams.Secrets, Stack: config.Stack, Owners: config.AllowedOwners, Log: config.Log, Count: s.answered,
	}, s.heard)
	if err != nil {
		return nil, err
	}
	trust := runner.Trust{Public: config.AllowPublic, Forks: config.AllowForks}
	s.shapes = scheduler.Shapes{
		Families: config.Families, RootVolume: runner.Volume{GiB: config.RootVolume, Type: "gp3"},
		Policy: config.Policy, Env: config.Env, Region: config.Region,
	}
	if seams.Stock == nil {
		s.stock = &Stock{Types: config.Types, Images: config.Images, NamedImages: config.NamedImages, Subnets: config.Subnets, PrivateSubnets: config.PrivateSubnets}
		s.display(*s.stock)
	}
	s.rules = lifecycle.Rules{Stack: config.Stack, Trust: trust, Group: config.RunnerGroup, Terms: func(labels []string) (runner.Terms, runner.Reason) { return s.shapes.For(labels) }}
	// A booted instance is to wait 30 s at most for its JIT config. 20 are planned for: it may boot sooner
	// than is expected.
	s.origin = &origin.Stage{Trust: trust, GitHub: seams.GitHub, Log: config.Log}
	s.group = &group.Stage{GitHub: seams.GitHub, Log: config.Log}
	s.limits = scheduler.Limits{
		PerCall: config.PerCall, Boot: config.BootTime, JITWait: 20 * time.Second, Surplus: config.Surplus,
		MaxRunners: config.MaxRunners, PerRepository: config.PerRepository, MaxMinutes: config.MaxMinutesPerDay, LaunchRate: config.LaunchRate, Trust: trust, Absent: config.Absent,
	}
	s.launch = &launch.Stage{
		Config: launch.Config{
			Stack: config.Stack, RoleID: config.RoleID, Random: config.Random, Log: config.Log,
			MaxRuntime: config.MaxRuntime, MaxIdle: config.MaxIdle, NoCapacity: config.NoCapacity, Shown: config.Shown, LongestWait: config.LongestWait,
			SSHKeys: config.SSHKeys, Logins: config.Policy.Logins,
		},
		Fleet: s.seams.Fleet, GitHub: seams.GitHub, Objects: seams.Objects,
	}
	s.terminate = &terminate.Stage{
		Stack:  config.Stack,
		Limits: terminate.Limits{Boot: config.BootLimit, MaxIdle: config.MaxIdle, MaxRuntime: config.MaxRuntime, Elsewhere: config.NoCapacity},
		Fleet:  seams.Fleet, GitHub: seams.GitHub, Grace: config.Grace, LongestWait: config.LongestWait, Log: config.Log,
	}
	s.rerun = &rerun.Stage{GitHub: seams.GitHub, Wait: config.LongestWait, Log: config.Log}
	s.sweep = &sweep.Stage{
		Intervals: config.Sweep, Stack: config.Stack, Group: config.RunnerGroup, Fleet: seams.Fleet, GitHub: seams.GitHub, Log: config.Log,
	}
	s.alert = &alert.Stage{Sender: cmp.Or(seams.Alerts, alert.Sender(alert.Log{Logger: config.Log})), Log: config.Log}
	s.image = &image.Stage{Meter: seams.Ages, Log: config.Log}
	s.usage = &usage.Stage{Meter: seams.Usage, Log: config.Log}
	return s, nil
}
