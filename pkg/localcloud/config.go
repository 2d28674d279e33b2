package localcloud

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Config is what a cloud is made of.
type Config struct {
	Seed     uint64
	Stack    string   // whose instances may be terminated: those with this tag mayfly-stack
	Region   string   // us-east-1
	Zones    []string // us-east-1a, …: a subnet in any other zone is refused
	Bucket   string   // the one bucket that S3 has
	RoleID   string   // AROA…, the first half of an instance's aws:userid
	UserData []byte   // the same for every instance

	// Capacity is how many instances of an offering there may be at once; nil is plenty of all. It is
	// asked in the middle of a launch, so it must not call the cloud.
	Capacity func(runner.Offering) int

	// Events takes what EventBridge would deliver: one [runner.Event] in JSON. It is called from the
	// cloud's goroutines, for one instance in order and one at a time.
	Events func(body []byte)

	// Boot is what an instance does while it runs. Its return is the machine powering off. When EC2
	// terminates the instance, ctx is cancelled; the instance is gone only after Boot has returned.
	Boot func(ctx context.Context, machine Machine)

	Delays Delays
	Notice time.Duration    // from the word that a spot instance is interrupted to its end; zero is EC2's two minutes
	Limits map[string]Limit // by operation, and of RunInstances; what is not in it is as published
	Faults *Faults          // nil is none
	Log    *slog.Logger     // nil is none
}

// Delays is how long things take. Zero is no time at all; anything else varies by up to a fifth
// either way, by the seed.
type Delays struct {
	Launch      time.Duration // the answer to a fleet call
	Pending     time.Duration // pending → running
	Shutdown    time.Duration // Boot's return → terminated
	Event       time.Duration // from what happened to Events
	DescribeLag time.Duration // how old Describe's truth is; this one does not vary
}

// Limit is how much EC2 lets an account do at once, and again each second.
type Limit struct{ Capacity, Refill float64 }

// Machine is an instance, as seen from inside.
type Machine struct {
	Instance   runner.Instance
	Image      string
	LaunchedAt time.Time
	Metadata   http.Handler // this instance's metadata service, in place of http://169.254.169.254
}

// The states of an instance, in EC2's words.
const (
	Pending      = "pending"
	Running      = "running"
	ShuttingDown = "shutting-down"
	Terminated   = "terminated"
)

// account is the account that AWS's own documentation uses.
const account = "123456789012"
