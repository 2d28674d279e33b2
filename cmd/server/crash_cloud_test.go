//go:build crash

package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// cloud is what AWS does beside moto: it boots the instances, and EventBridge tells the queue of them.
type cloud struct {
	account
	ec2      *ec2.Client
	sqs      *sqs.Client
	userData []byte
	takes    func(localhub.Work) <-chan time.Time // how long a job takes

	mu      sync.Mutex
	random  *rand.Rand
	written map[string]bool // keys of the assignments
	up      map[string]context.CancelFunc
	booted  int
	alive   sync.WaitGroup
}

func newCloud(a account, random *rand.Rand, takes func(localhub.Work) <-chan time.Time) *cloud {
	return &cloud{
		account: a, ec2: ec2.NewFromConfig(a.config), sqs: sqs.NewFromConfig(a.config), takes: takes, random: random,
		written: map[string]bool{}, up: map[string]context.CancelFunc{},
	}
}

// tell puts an event into the queue, as EventBridge does.
func (c *cloud) tell(ctx context.Context, event runner.Event) {
	event.ID, event.At = "event", time.Now()
	body, err := json.Marshal(event)
	if err == nil {
		_, err = c.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &c.queueURL, MessageBody: aws.String(string(body))})
	}
	if err != nil && ctx.Err() == nil {
		c.t.Errorf("EventBridge: %v", err)
	}
}

// watch boots what comes, and ends what goes, until the context ends.
func (c *cloud) watch(ctx context.Context) {
	defer c.alive.Wait()
	for ctx.Err() == nil {
		c.look(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// look compares what moto has with what is up.
func (c *cloud) look(ctx context.Context) {
	running := map[string]bool{}
	all, err := c.ours(ctx, "pending", "running")
	if err != nil {
		return // they are looked at again
	}
	for _, instance := range all {
		id := aws.ToString(instance.InstanceId)
		running[id] = true
		if c.isUp(id) {
			continue
		}
		c.turnOn(ctx, id, aws.ToTime(instance.LaunchTime))
		c.tell(ctx, runner.Event{Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: id, State: "running"}})
	}
	for _, id := range c.gone(running) {
		c.tell(ctx, runner.Event{Source: runner.SourceEC2, Instance: &runner.InstanceEvent{Instance: id, State: "terminated"}})
	}
}

// ours are the stack's instances in some states; none is every state.
func (c *cloud) ours(ctx context.Context, states ...string) (all []types.Instance, err error) {
	filters := []types.Filter{{Name: aws.String("tag:" + runner.TagStack), Values: []string{c.stack}}}
	if len(states) > 0 {
		filters = append(filters, types.Filter{Name: aws.String("instance-state-name"), Values: states})
	}
	pages := ec2.NewDescribeInstancesPaginator(c.ec2, &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, reservation := range page.Reservations {
			all = append(all, reservation.Instances...)
		}
	}
	return all, nil
}

func (c *cloud) isUp(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.up[id] != nil
}

func (c *cloud) turnOn(ctx context.Context, id string, launchedAt time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &machine{cloud: c, id: id, launchedAt: launchedAt, bootsIn: time.Second + time.Duration(c.random.Int64N(int64(3*time.Second))), stuck: c.random.IntN(6) == 0}
	alive, off := context.WithCancel(ctx)
	c.up[id] = off
	c.booted++
	c.alive.Go(func() { m.boot(alive) })
}

// gone are those that were up and run no more; they are turned off.
func (c *cloud) gone(running map[string]bool) (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, off := range c.up {
		if !running[id] {
			off()
			delete(c.up, id)
			ids = append(ids, id)
		}
	}
	return ids
}

// count is how many are up, and how many ever were.
func (c *cloud) count() (up, booted int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.up), c.booted
}

// terminate is what becomes of an instance that powers itself off.
func (c *cloud) terminate(ctx context.Context, id string) error {
	_, err := c.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	return err
}
