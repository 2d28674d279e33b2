package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// cloud is an EC2 with images and nothing else.
type cloud struct {
	images   []instance.AMI // the newest first
	used     map[string]bool
	consoles []string // what a test boot's console says, look by look; the last is repeated
	broken   map[string]error
	did      []string
	booted   instance.TestBoot
}

func (a *cloud) do(format string, values ...any) error {
	what := fmt.Sprintf(format, values...)
	a.did = append(a.did, what)
	return a.broken[what]
}

func (a *cloud) Tagged(_ context.Context, tag string) ([]instance.AMI, error) {
	return slices.DeleteFunc(slices.Clone(a.images), func(i instance.AMI) bool { return i.Tags[tag] == "" }), nil
}

func (a *cloud) Source(_ context.Context, owner, name string) (instance.AMI, error) {
	arch := runner.X64
	if name == "ami-0a000000000000000" {
		arch = runner.ARM64
	}
	if err := a.do("source %s/%s", owner, name); err != nil {
		return instance.AMI{}, err
	}
	return instance.AMI{Image: instance.Image{Image: runner.Image{ID: "ami-0123456789abcdef0", Arch: arch}, Name: "ubuntu"}}, nil
}

func (a *cloud) Tag(_ context.Context, id string, tags map[string]string) error {
	at := slices.IndexFunc(a.images, func(i instance.AMI) bool { return i.ID == id })
	for tag, value := range tags {
		if at >= 0 {
			a.images[at].Tags[tag] = value
		}
		if err := a.do("tag %s %s", id, tag); err != nil {
			return err
		}
	}
	return nil
}

func (a *cloud) Untag(_ context.Context, id, tag string) error {
	at := slices.IndexFunc(a.images, func(i instance.AMI) bool { return i.ID == id })
	delete(a.images[at].Tags, tag)
	return a.do("untag %s %s", id, tag)
}

func (a *cloud) Deprecate(_ context.Context, id string, at time.Time) error {
	return a.do("deprecate %s %v", id, at.Sub(today))
}

func (a *cloud) Remove(_ context.Context, id string) error { return a.do("remove %s", id) }

func (a *cloud) Boot(_ context.Context, boot instance.TestBoot) (string, error) {
	a.booted = boot
	return "i-1", a.do("boot %s", boot.Image)
}

func (a *cloud) Console(context.Context, string) (string, error) {
	said := a.consoles[0]
	a.consoles = a.consoles[min(1, len(a.consoles)-1):]
	if said == "" {
		return "", errors.New("not yet")
	}
	return said, nil
}

func (a *cloud) EndBoot(_ context.Context, id string) error { return a.do("end %s", id) }

func (a *cloud) InUse(context.Context, []string) (map[string]bool, error) { return a.used, nil }

// called is the exit code of a command in an account, and what it printed.
func called(t *testing.T, a *cloud, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout bytes.Buffer
	app := App{
		Out: &stdout, Getenv: noEnvironment, Now: func() time.Time { return today },
		Connect: func(context.Context, string) (AMIs, error) { return a, nil },
	}
	code, problems = ended(app.Run(t.Context(), args))
	return code, stdout.String(), problems
}

// ended is an error as the program ends with it: its exit code, and what it says.
func ended(err error) (code int, problem string) {
	if err != nil {
		problem = err.Error()
	}
	return console.Exit(err), problem
}
