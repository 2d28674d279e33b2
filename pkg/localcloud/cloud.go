package localcloud

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Cloud is one region of one account. It is safe for concurrent use.
type Cloud struct {
	config Config
	log    *slog.Logger
	server keys
	s3     http.Handler    // what stands behind the gate
	signer *v4.Signer      // the gate's
	ctx    context.Context // ends when the cloud closes: nobody waits for a delay any more
	cancel context.CancelFunc

	machines   sync.WaitGroup // running goroutines, one an instance
	deliveries sync.WaitGroup // running goroutines, one an outbox that is not empty

	mu        sync.Mutex
	random    *rand.Rand
	closed    bool // no more launches
	silent    bool // no more events
	changed   chan struct{}
	buckets   map[string]runner.Bucket // by operation
	pools     pools
	fleets    map[string]fleet     // by client token
	instances map[string]*instance // by id
	order     []*instance          // as launched
	holders   map[string]*instance // by access key id
	stray     *outbox              // events that are no instance's
	books     Books
}

// New is an empty cloud. It starts nothing.
func New(config Config) *Cloud {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	config.Notice = cmp.Or(config.Notice, spotNotice)
	c := &Cloud{
		config: config, log: config.Log,
		random:    rand.New(rand.NewPCG(config.Seed, 0)),
		changed:   make(chan struct{}),
		buckets:   limits(config.Limits, time.Now()),
		fleets:    map[string]fleet{},
		instances: map[string]*instance{},
		holders:   map[string]*instance{},
		books:     newBooks(),
	}
	c.pools = newPools(c.capacity)
	c.stray = &outbox{random: c.random}
	c.server = newKeys(c.random, "AKIA")
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.s3, c.signer = newStore(config.Bucket), newSigner()
	return c
}

// Close terminates every instance, and returns when all are gone and every event was taken. Delays
// are skipped.
func (c *Cloud) Close() {
	c.mu.Lock()
	c.closed = true
	c.cancel()
	for _, i := range c.order {
		c.end(i)
	}
	c.mu.Unlock()
	c.machines.Wait()
	c.mu.Lock()
	c.silent = true
	c.mu.Unlock()
	c.deliveries.Wait()
}

// Changed is closed at the next change of any instance's state. Take it before looking at
// [Cloud.Books], and wait for it after: then no change is missed.
func (c *Cloud) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// note tells whoever waits for Changed. The lock is held.
func (c *Cloud) note() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait lets a delay pass, or what is left of it when the context or the cloud ends.
func (c *Cloud) wait(ctx context.Context, delay time.Duration) {
	if delay <= 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
}

// vary is a delay, a fifth more or less.
func vary(random *rand.Rand, delay time.Duration) time.Duration {
	return time.Duration(float64(delay) * (0.8 + 0.4*random.Float64()))
}
