package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// account is an EC2 with images and nothing else.
type account struct {
	images   []instance.AMI // the newest first
	used     map[string]bool
	consoles []string // what a test boot's console says, look by look; the last is repeated
	broken   map[string]error
	did      []string
	booted   instance.TestBoot
}

func (a *account) do(format string, values ...any) error {
	what := fmt.Sprintf(format, values...)
	a.did = append(a.did, what)
	return a.broken[what]
}

func (a *account) Tagged(_ context.Context, tag string) ([]instance.AMI, error) {
	return slices.DeleteFunc(slices.Clone(a.images), func(i instance.AMI) bool { return i.Tags[tag] == "" }), nil
}

func (a *account) Source(_ context.Context, owner, name string) (instance.AMI, error) {
	arch := runner.X64
	if name == "ami-0a000000000000000" {
		arch = runner.ARM64
	}
	if err := a.do("source %s/%s", owner, name); err != nil {
		return instance.AMI{}, err
	}
	return instance.AMI{Image: instance.Image{Image: runner.Image{ID: "ami-0123456789abcdef0", Arch: arch}, Name: "ubuntu"}}, nil
}

func (a *account) Tag(_ context.Context, id string, tags map[string]string) error {
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

func (a *account) Untag(_ context.Context, id, tag string) error {
	at := slices.IndexFunc(a.images, func(i instance.AMI) bool { return i.ID == id })
	delete(a.images[at].Tags, tag)
	return a.do("untag %s %s", id, tag)
}

func (a *account) Deprecate(_ context.Context, id string, at time.Time) error {
	return a.do("deprecate %s %v", id, at.Sub(today))
}

func (a *account) Remove(_ context.Context, id string) error { return a.do("remove %s", id) }

func (a *account) Boot(_ context.Context, boot instance.TestBoot) (string, error) {
	a.booted = boot
	return "i-1", a.do("boot %s", boot.Image)
}

func (a *account) Console(context.Context, string) (string, error) {
	said := a.consoles[0]
	a.consoles = a.consoles[min(1, len(a.consoles)-1):]
	if said == "" {
		return "", errors.New("not yet")
	}
	return said, nil
}

func (a *account) EndBoot(_ context.Context, id string) error { return a.do("end %s", id) }

func (a *account) InUse(context.Context, []string) (map[string]bool, error) { return a.used, nil }

// called is the exit code of a command in an account, and what it printed.
func called(t *testing.T, a *account, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	app := App{
		Out: &stdout, Err: &stderr, Getenv: noEnvironment, Now: func() time.Time { return today },
		Connect: func(context.Context, string) (AMIs, error) { return a, nil },
	}
	return app.Run(t.Context(), args), stdout.String(), stderr.String()
}
