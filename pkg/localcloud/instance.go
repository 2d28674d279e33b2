package localcloud

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// instance is one instance. What may change is changed under the cloud's lock.
type instance struct {
	Machine
	cloud     *Cloud
	number    int // from 1, as launched
	arch      runner.Arch
	privateIP string
	launch    string // survives the tag
	tags      map[string]string
	keys      keys
	outbox    *outbox
	random    *rand.Rand
	delays    Delays // as they are for this one
	fate      Fate
	ctx       context.Context
	terminate context.CancelFunc
	history   []change  // oldest first
	endsAt    time.Time // of a spot instance that is interrupted
	assigned  time.Time // when its assignment was put into S3
}

// start makes an instance and lets it live. Its randomness is its own, so that what others do does
// not disturb it. The lock is held.
func (c *Cloud) start(request runner.LaunchRequest, offering runner.Offering, random *rand.Rand) *instance {
	number := len(c.order) + 1
	i := &instance{
		cloud: c, number: number, launch: request.Launch, arch: request.Shape.Arch,
		privateIP: fmt.Sprintf("10.0.%d.%d", number>>8&0xff, number&0xff),
		tags:      maps.Clone(request.Tags()),
		keys:      newSessionKeys(random),
		outbox:    &outbox{random: random},
		random:    random,
	}
	i.Machine = Machine{
		Instance:   runner.Instance{ID: "i-" + letters(random, hexDigits, 17), Offering: offering},
		Image:      request.Shape.Image,
		LaunchedAt: time.Now(),
	}
	i.Metadata = newMetadata(i)
	i.delays = Delays{Pending: vary(random, c.config.Delays.Pending), Shutdown: vary(random, c.config.Delays.Shutdown)}
	i.ctx, i.terminate = context.WithCancel(context.Background())
	c.instances[i.Instance.ID], c.holders[i.keys.id] = i, i
	c.order = append(c.order, i)
	c.books.launched(offering)
	i.fate = c.fate(i.Instance)
	if i.fate.TagsLost {
		c.fault(TagsLost)
		delete(i.tags, runner.TagLaunch)
	}
	c.enter(i, Pending)
	c.machines.Go(i.live)
	return i
}

// live is an instance's life, from pending to terminated.
func (i *instance) live() {
	c := i.cloud
	defer i.terminate()
	c.wait(i.ctx, i.delays.Pending)
	if i.fate.LaunchFails && c.failLaunch(i) {
		return
	}
	if c.change(i, Running) {
		c.meet(i)
		i.run()
	}
	c.change(i, ShuttingDown)
	c.wait(context.Background(), i.delays.Shutdown)
	c.change(i, Terminated)
}

// run is the time from running to the end, which comes from within or from outside.
func (i *instance) run() {
	if i.fate.NeverBoots {
		<-i.ctx.Done()
		return
	}
	i.cloud.config.Boot(i.ctx, i.Machine)
}

// failLaunch is EC2 giving up on an instance that is pending, which EC2 calls Server.InternalError.
func (c *Cloud) failLaunch(i *instance) (failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i.state() != Pending {
		return false
	}
	c.fault(LaunchFailed)
	return c.enter(i, Terminated)
}
