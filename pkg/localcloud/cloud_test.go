package localcloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const roleID = "AROAEXAMPLE"

// world is a cloud, what it told, and the machines that it booted.
type world struct {
	*localcloud.Cloud
	mu       sync.Mutex
	events   []runner.Event
	machines map[string]localcloud.Machine
}

// newWorld is a cloud whose instances run until they are terminated, unless the config says more.
func newWorld(t *testing.T, config localcloud.Config) *world {
	t.Helper()
	w := &world{machines: map[string]localcloud.Machine{}}
	config.Stack, config.Region, config.Bucket, config.RoleID = "ci", "us-east-1", "ci-bucket", roleID
	config.Zones = []string{"us-east-1a", "us-east-1b"}
	config.UserData = []byte(`{"version":1}`)
	config.Events = w.hear
	boot := config.Boot
	config.Boot = func(ctx context.Context, machine localcloud.Machine) {
		w.mu.Lock()
		w.machines[machine.Instance.ID] = machine
		w.mu.Unlock()
		if boot != nil {
			boot(ctx, machine)
		} else {
			<-ctx.Done()
		}
	}
	w.Cloud = localcloud.New(config)
	t.Cleanup(w.Close)
	return w
}

func (w *world) hear(body []byte) {
	var event runner.Event
	if err := json.Unmarshal(body, &event); err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event)
}

// heard is all events so far.
func (w *world) heard() []runner.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

// story is an instance's states, as the events told them.
func (w *world) story(instance string) []string {
	var states []string
	for _, event := range w.heard() {
		if event.Instance != nil && event.Instance.Instance == instance {
			states = append(states, event.Instance.State)
		}
	}
	return states
}

func (w *world) machine(id string) localcloud.Machine {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.machines[id]
}

var shape = runner.Shape{
	Name: "2cpu-linux-x64", Image: "ami-1", Arch: runner.X64, Types: []string{"m7a.large", "m7i.large"},
	Capacity: runner.OnDemand, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}},
}

func request(token string, count int) runner.LaunchRequest {
	return runner.LaunchRequest{Launch: "launch-" + token, Stack: "ci", ClientToken: token, Shape: shape, Offerings: shape.Offerings(), Count: count}
}

func (w *world) launch(t *testing.T, token string, count int) []runner.Instance {
	t.Helper()
	result, err := w.Launch(t.Context(), request(token, count))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Instances) != count {
		t.Fatalf("launched: got %d instances, want %d", len(result.Instances), count)
	}
	return result.Instances
}

// untilNoneLeft waits for the end of every instance, in fake time at most an hour.
func (w *world) untilNoneLeft(t *testing.T) {
	t.Helper()
	late := time.After(time.Hour)
	for {
		changed := w.Changed()
		left := w.Books().Left
		if left == 0 {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("instances left: got %d, want none", left)
		}
	}
}

func offering(instanceType, zone string) runner.Offering {
	return runner.Offering{Type: instanceType, Zone: "us-east-1" + zone, Capacity: runner.OnDemand}
}

func ids(instances []runner.Instance) []string {
	var all []string
	for _, instance := range instances {
		all = append(all, instance.ID)
	}
	return all
}

func tokens(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("token-", i)
	}
	return all
}
