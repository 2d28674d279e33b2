package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/group"
	"github.com/mayfly-ci/mayfly/server/image"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/origin"
	"github.com/mayfly-ci/mayfly/server/rerun"
	"github.com/mayfly-ci/mayfly/server/scheduler"
	"github.com/mayfly-ci/mayfly/server/sweep"
	"github.com/mayfly-ci/mayfly/server/terminate"
	"github.com/mayfly-ci/mayfly/server/usage"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// Config is all that a server is told. A zero field has the default that its comment names.
type Config struct {
	Stack            string                 // name of the stack: its runners are named after it, its instances tagged with it
	Holder           string                 // name of this process, among those that share the record
	WebhookSecrets   []secret.Text          // what GitHub signs webhooks with: one, or two while it is changed
	MetricsToken     secret.Text            // what whoever reads /metrics has to have; none
	AdminToken       secret.Text            // what whoever looks at the page below /admin has to have; none
	TickToken        secret.Text            // what whoever calls /internal/tick has to have: where there is one, the last webhook in flight waits for its pass; none
	AllowPublic      bool                   // whether jobs of public repositories get runners
	AllowForks       bool                   // whether jobs whose code is of a fork get runners
	AllowedOwners    []string               // owners whose jobs are taken, in any case of letters; all that installed the App
	Gather           bool                   // whether webhooks wait for company on their way to the queue, as in a container, where a message is paid for and a moment is not; no
	RunnerGroup      string                 // runner group of the organisation, by its name, that runners are registered in rather than in the repository of a job; none
	RoleID           string                 // id of the instances' role: AROA…
	Region           string                 // AWS region: eu-west-1
	Env              string                 // environment that labels name; production
	Images           map[runner.Arch]string // AMI by architecture
	NamedImages      scheduler.Images       // AMIs that labels may name; none
	Subnets          []runner.Subnet        // where instances are put: one subnet for each zone
	PrivateSubnets   []runner.Subnet        // the same, for jobs that ask for private=true; none
	RootVolume       int                    // size of an instance's root volume, GiB; 40
	Types            []catalog.Type         // instance types that the region has; all that the catalog knows
	Families         []catalog.Pattern      // instance types of a job that names none; m7a, m7g, c7a, c7g, m7i-flex
	Policy           scheduler.Policy       // what a label may choose; see there
	SSHKeys          []string               // public keys of those who may log in where Policy.SSH and a label allow it, lines of authorized_keys; none
	MaxRuntime       time.Duration          // how long an instance may live; 12 h
	MaxIdle          time.Duration          // how long a runner waits for a job; 10 min
	Grace            time.Duration          // how long an instance has to power itself off; 30 s
	BootTime         time.Duration          // how long an instance is expected to boot; 15 s
	BootLimit        time.Duration          // how long until a runner that does not listen is given up; 6 min
	Surplus          time.Duration          // how long a runner is kept that no job needs; 1 min
	NoCapacity       time.Duration          // how long an offering is left alone of which EC2 has none; 3 min
	Shown            time.Duration          // how long EC2 may take to show what it launched; 3 min
	Absent           time.Duration          // how long until GitHub is believed that no App of ours is installed; 5 min
	LongestWait      time.Duration          // the longest wait between two tries of what failed; 1 min
	MaxRunners       int                    // runners of the stack; 200
	PerRepository    int                    // runners of one repository; as many as of the stack
	MaxMinutesPerDay int                    // minutes that all runners may live in a day, UTC: then no more are launched until midnight; none
	LaunchRate       int                    // instances launched in a second; 100
	PerCall          int                    // instances of one fleet call; 500
	Sweep            sweep.Intervals        // how often what is looked at; see there
	Random           *rand.Rand             // names launches and spreads retries; seeded by the system
	Log              *slog.Logger           // where the log goes; slog.Default()
	Audit            *slog.Logger           // where the lines of docs/audit.md go, each with audit=true; Log
	Masker           *secret.Masker         // is told the webhook secrets before they are used; nobody
}

// Queue keeps what was heard until a pass has applied it. Implemented by queue.Memory and sqs.Queue.
type Queue interface {
	Send(ctx context.Context, body []byte) error
	// Receive delivers at most so many messages. It waits so long at most for the first, 20 s as SQS does.
	Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error)
	Ack(ctx context.Context, handles ...string) error
}

// Record keeps what is known. Implemented by record.Memory and dynamodb.Record.
type Record interface {
	Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error)
	Release(ctx context.Context, lease runner.Lease) error
	Unfinished(ctx context.Context) ([]runner.Item, error)
	Get(ctx context.Context, keys ...string) ([]runner.Item, error)
	Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error
}

// Fleet is EC2. Implemented by instance.Fleet and localcloud.Cloud.
type Fleet interface {
	launch.Fleet
	terminate.Fleet
	sweep.Fleet
}

// GitHub is GitHub's API. Implemented by githubapp.Client.
type GitHub interface {
	Apps() []int64 // none until one is set up; asked for in every pass
	origin.GitHub
	group.GitHub
	launch.GitHub
	terminate.GitHub
	rerun.GitHub
	sweep.GitHub
}

// Objects is the stack's bucket. Implemented by bucket.Bucket.
type Objects interface {
	launch.Objects
	Get(ctx context.Context, key string) ([]byte, error)
}

// Seams is the world that a server works in.
type Seams struct {
	Queue   Queue
	Record  Record
	Fleet   Fleet
	GitHub  GitHub
	Alerts  alert.Sender // nil is the log
	Usage   usage.Meter  // nil is nobody
	Ages    image.Meter  // nil is nobody
	Objects Objects
	Secrets webhook.Source // nil is [Config]'s, for ever
	// Stock is asked in each pass, and gives the same as long as it is the same: with an error what was
	// known before, or nil if nothing was. A nil func is [Config]'s, for ever.
	Stock func(context.Context) (*Stock, error)
	Count func(webhook.Outcome) // is told what became of each request; nil counts nothing
}

// DefaultMaxRuntime is how long an instance may live if nothing else is said.
const DefaultMaxRuntime = 12 * time.Hour

// describeLag is how long EC2 may take to show an instance that it launched.
// Source: docs.aws.amazon.com, "Eventual consistency in the Amazon EC2 API": up to a few minutes.
const describeLag = 3 * time.Minute

// withDefaults fills in the defaults, or says everything that is missing, at once.
func (c Config) withDefaults(seams Seams) (Config, error) {
	c.Env = cmp.Or(c.Env, labels.DefaultEnv)
	if c.Families == nil {
		c.Families = []catalog.Pattern{"m7a", "m7g", "c7a", "c7g", "m7i-flex"} // RunsOn's
	}
	c.Policy = c.Policy.WithDefaults()
	c.RootVolume = cmp.Or(c.RootVolume, 40)
	c.MaxRuntime = cmp.Or(c.MaxRuntime, DefaultMaxRuntime)
	c.MaxIdle = cmp.Or(c.MaxIdle, 10*time.Minute)
	c.Grace = cmp.Or(c.Grace, 30*time.Second)
	c.BootTime = cmp.Or(c.BootTime, 15*time.Second)
	c.BootLimit = cmp.Or(c.BootLimit, 6*time.Minute)
	c.Surplus = cmp.Or(c.Surplus, time.Minute)
	c.NoCapacity = cmp.Or(c.NoCapacity, runner.NoCapacityMemory)
	c.Shown = cmp.Or(c.Shown, describeLag)
	c.Absent = cmp.Or(c.Absent, 5*time.Minute)
	c.LongestWait = cmp.Or(c.LongestWait, time.Minute)
	c.MaxRunners = cmp.Or(c.MaxRunners, 200)
	c.LaunchRate = cmp.Or(c.LaunchRate, 100)
	c.PerCall = cmp.Or(c.PerCall, 500)
	c.Sweep.Every = cmp.Or(c.Sweep.Every, time.Minute)
	c.Sweep.Quiet = cmp.Or(c.Sweep.Quiet, 5*time.Minute)
	c.Sweep.Repositories = cmp.Or(c.Sweep.Repositories, 10*time.Minute)
	c.Sweep.Believe = cmp.Or(c.Sweep.Believe, 5*time.Minute)
	if c.Random == nil {
		c.Random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // names launches and spreads retries, no secret
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Audit = cmp.Or(c.Audit, c.Log).With("audit", true)
	var problems []error
	missing := func(field string, isMissing bool) {
		if isMissing {
			problems = append(problems, fmt.Errorf("server: %s is empty", field))
		}
	}
	missing("Stack", c.Stack == "")
	missing("Holder", c.Holder == "")
	missing("RoleID", c.RoleID == "")
	missing("Region", c.Region == "")
	missing("Images", len(c.Images) == 0 && seams.Stock == nil)
	missing("Subnets", len(c.Subnets) == 0 && seams.Stock == nil)
	return c, errors.Join(errors.Join(problems...), c.tooShort(), c.offers(), c.logins())
}
