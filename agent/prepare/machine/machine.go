// Package machine makes a booted instance into the place where a job runs: its runner's user, the
// volume that the job writes to, swap, directories, and the rest of its disk.
//
//	hardened   all that a job writes goes to a volume that is encrypted with a key that only this boot's
//	           memory has. Whatever is missing for that is an error: no job starts half hardened.
//	compat     the job writes to the root volume, which EBS encrypts, as it does on GitHub's own images.
//
// Swap, a /tmp in memory and the rest of the root's disk are extras in both: where the kernel or the
// instance has no means for one, it is skipped, with the reason.
//
// [Look] reads what the machine has, [Plan] decides what to do with it and changes nothing, [Run] does
// it. The programs that it calls are the only ones that the agent calls before its runner starts.
package machine

import (
	"context"
	"fmt"
	"time"
)

// Profile is how much is promised.
type Profile string

// The profiles.
const (
	Compat   Profile = "compat"
	Hardened Profile = "hardened"
)

// Config is what is wanted of the machine.
type Config struct {
	Profile Profile
	Runner  string // the runner's user; made if there is none, with uid 1001
	Work    string // the job's directory: the work volume is mounted there, or it is a directory
	Places  []Place
	TmpSize int64 // bytes of memory that /tmp may take; 0 is no /tmp in memory
}

// Place is a directory that the job writes to besides its own, and that hardened keeps on the work
// volume, such as /home/runner, /tmp and /var/lib/docker.
type Place struct {
	Path string
	Keep bool // what the image has there shows through, by overlayfs, which Docker cannot stand under its own; else it begins empty
}

// Prepared is a machine that a job may run on.
type Prepared struct {
	Steps  []Done
	Runner User
	Limits Limits
}

// Prepare looks, plans and does. The steps are told even with an error.
func Prepare(ctx context.Context, config Config) (Prepared, error) {
	facts, err := lookAgain(ctx, config, func() (Facts, error) { return Look("/", config.Runner) })
	if err != nil {
		return Prepared{}, fmt.Errorf("look at the machine: %w", err)
	}
	steps, err := Plan(facts, config)
	if err != nil {
		return Prepared{}, err
	}
	done, err := Run(ctx, steps, Exec)
	if err != nil {
		return Prepared{Steps: done}, err
	}
	user, err := lookUser(config.Runner)
	return Prepared{Steps: done, Runner: user, Limits: limits(facts)}, err
}

const (
	diskWait = 5 * time.Second // for the kernel to find a volume that it finds later than the root's
	lookGap  = 50 * time.Millisecond
)

// lookAgain looks until there is a disk to work on, if one is needed. The agent starts so early that
// the kernel may still be finding disks. Whether there is one in the end is for the plan to say.
func lookAgain(ctx context.Context, config Config, look func() (Facts, error)) (Facts, error) {
	for end := time.Now().Add(diskWait); ; {
		facts, err := look()
		if err != nil || config.Profile != Hardened || time.Now().After(end) {
			return facts, err
		}
		if _, err := freeDisk(facts.Disks); err == nil {
			return facts, nil
		}
		select {
		case <-ctx.Done():
			return Facts{}, context.Cause(ctx)
		case <-time.After(lookGap):
		}
	}
}
