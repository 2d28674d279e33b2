package launch

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Fleet launches instances. Implemented by instance.Fleet and localcloud.Cloud.
type Fleet interface {
	// Launch makes one fleet call. An error is a *[runner.LaunchError], or else of unknown outcome.
	Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error)
	// Describe tells what EC2 sees, which may be a while ago.
	Describe(ctx context.Context, query runner.Query) ([]runner.Seen, error)
}

// GitHub makes JIT configs. Implemented by githubapp.Client.
type GitHub interface {
	// JITConfig registers, as an App, a runner of a class under a name, and gives GitHub's id of it and
	// its JIT config. It fails with [runner.ErrNameTaken], [runner.ErrRejected], [runner.ErrDenied],
	// [runner.ErrGone], a *[runner.LimitError], or something worth another try.
	JITConfig(ctx context.Context, app int64, class runner.Class, name string) (id int64, config secret.Text, err error)
}

// Objects keeps assignments. Implemented by bucket.Bucket.
type Objects interface {
	Put(ctx context.Context, key string, body []byte) error
}

// Store makes items durable. Nothing is done before the intent to do it is stored.
type Store func(ctx context.Context, items ...runner.Item) error

// Timeout is how long one effect may take, from its first request to its last answer.
const Timeout = 10 * time.Second

// Config is what every launch shares.
type Config struct {
	Stack      string
	Apps       []int64       // GitHub Apps that share the load
	RoleID     string        // of the instances' role: the first half of the key of an assignment
	MaxRuntime time.Duration // of a runner
	MaxIdle    time.Duration // of a runner that gets no job
	SSHKeys    []string      // of people, whom instances of some classes let in
	// Logins says whether instances of a class with these labels let them in.
	Logins      func(classLabels []string) bool
	NoCapacity  time.Duration // that an offering is left alone which EC2 has none of
	LongestWait time.Duration // between two tries of what failed
	Shown       time.Duration // from a launch until EC2 surely shows what it made
	Random      *rand.Rand    // spreads retries; used by one pass at a time
	Log         *slog.Logger
}

// Stage carries launches out.
type Stage struct {
	Config
	Fleet   Fleet
	GitHub  GitHub
	Objects Objects
}

// backoff is how long to wait after so many tries: from one second, doubling, to the longest, and up
// to a fifth more or less, so that what failed together is not tried again together.
func (s *Stage) backoff(tries int) time.Duration {
	wait := min(s.LongestWait, time.Second<<min(tries, 6))
	return time.Duration(float64(wait) * (0.8 + 0.4*s.Random.Float64()))
}
