package image

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// In a test boot an instance of the image starts as for a job: the agent reads its user data, prepares the machine and shuts
// the metadata's door. Then it runs the image's own checks in the place of a runner, as root, and writes what they say to the
// console. Nothing in the image listens, and none of its users has a key, so a console that EC2 reads is the one way out.

const (
	// bootLimit is how long a test boot may take: minutes on a volume that is read from a new snapshot.
	bootLimit = 15 * time.Minute
	// bootPause is between two looks at the console.
	bootPause = 10 * time.Second
	// bootWorkGiB is the second volume's size, which hardened works on.
	bootWorkGiB = 10
)

// bootType is what the image is tried on.
func bootType(in input) string {
	switch {
	case in.instanceType != "":
		return in.instanceType
	case in.name.Kind == gpu:
		return "g4dn.xlarge"
	case in.name.Arch == runner.ARM64:
		return "m7g.large"
	}
	return "m7i.large"
}

// verify tries an image, and writes on it how that went.
func (b *builder) verify(ctx context.Context, ami string) error {
	b.tell("test boot: on %s", bootType(b.in))
	checks, err := b.testBoot(ctx, ami)
	for _, check := range checks {
		if !strings.HasPrefix(check, "ok ") {
			b.tell("test boot: %s", check)
		}
	}
	var failed unfitError
	switch {
	case err == nil:
		return b.amis.Tag(ctx, ami, map[string]string{tagVerified: b.now().UTC().Format(time.RFC3339)})
	case errors.As(err, &failed):
		err = errors.Join(err, b.amis.Tag(ctx, ami, map[string]string{tagFailed: b.now().UTC().Format(time.RFC3339)}))
	}
	return fmt.Errorf("test boot of %s, which is not to be promoted: %w", ami, err)
}

// unfitError is of an image that failed its checks, or did not come as far.
type unfitError string

func (e unfitError) Error() string { return string(e) }

// testBoot is what the checks of an image say, a line each.
func (b *builder) testBoot(ctx context.Context, ami string) (checks []string, err error) {
	orders, err := assignment.EncodeUserData(assignment.UserData{
		TestBoot: true, Profile: b.in.profile, RunnerCommand: []string{runnerCommand}, PowerOff: []string{"systemctl", "poweroff"},
	})
	if err != nil {
		return nil, err
	}
	boot := instance.TestBoot{Image: ami, Type: bootType(b.in), Subnet: b.in.subnet, UserData: orders}
	if b.in.profile == assignment.Hardened {
		boot.WorkGiB = bootWorkGiB
	}
	id, err := b.amis.Boot(ctx, boot)
	if err != nil {
		return nil, err
	}
	defer func() {
		ended, stop := context.WithTimeout(context.WithoutCancel(ctx), instance.Timeout)
		defer stop()
		err = errors.Join(err, b.amis.EndBoot(ended, id))
	}()
	return b.awaitVerdict(ctx, id)
}

// runnerCommand is where packer/scripts/runner.sh puts GitHub's runner.
const runnerCommand = "/opt/actions-runner/run.sh"

// awaitVerdict reads an instance's console until it tells one.
func (b *builder) awaitVerdict(ctx context.Context, id string) (checks []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	for {
		var console string
		if text, err := b.amis.Console(ctx, id); err == nil {
			console = text
		}
		checks, verdict := readConsole(console)
		switch verdict {
		case assignment.TestBootPassed:
			return checks, nil
		case assignment.TestBootFailed:
			return checks, unfitError("it failed its checks, see above")
		}
		select {
		case <-time.After(bootPause):
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				return nil, context.Cause(ctx)
			}
			return checks, unfitError(fmt.Sprintf("no verdict on the console of %s after %v; it ends with:\n%s", id, bootLimit, lastLines(console)))
		}
	}
}

// readConsole finds what the checks say among all else that is on a console, and the verdict, if there is one yet.
func readConsole(console string) (checks []string, verdict string) {
	for line := range strings.Lines(console) {
		_, said, is := strings.Cut(line, assignment.TestBootMark)
		said = strings.TrimSpace(said)
		switch {
		case !is:
		case said == assignment.TestBootPassed, said == assignment.TestBootFailed:
			verdict = said
		default:
			checks = append(checks, said)
		}
	}
	return checks, verdict
}

// lastLines are the last ten of a text.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
