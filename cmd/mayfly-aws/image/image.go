// Package image builds, tries, promotes and removes the AMIs that runners boot from.
//
//	build      what is asked for, checked ─▶ base, unless there is one ─▶ runner ─▶ test boot ─▶ verified, or failed
//	list       what there is, and how old its runner is
//	promote    has servers launch an image that is verified
//	rollback   has them launch the one before again
//	prune      deprecates and removes what is old, and never what is or may be launched
//
// What decides is pure: names.go, input.go, digest.go, standing.go, prune.go. Packer makes the images, from the templates in
// packer/; EC2 is pkg/instance's. All that is known of an image is in its tags: tags.go.
package image

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/nearest"
)

// Usage is what `mayfly image` can do.
const Usage = `mayfly image: the AMIs that runners boot from. packer/README.md tells more.

  mayfly image build      build one, boot it, and have it check itself; it is launched by nobody until it is promoted
      --image NAME            ubuntu22|24|26-minimal|full|gpu-x64|arm64, as in ubuntu24-minimal-x64
      --region REGION         where; else $AWS_REGION
      --source-ami AMI        what to make it from: ami-…, or OWNER/NAME, of which the newest is used
      --ssh-cidr CIDR         the addresses that Packer comes from: 203.0.113.7/32
      --profile PROFILE       compat, as GitHub's images are, or hardened (compat)
      --runner-version V      of GitHub's runner; else the newest, whose digest and day GitHub tells
      --runner-sha256 DIGEST  of its archive for the image's architecture
      --runner-released DAY   YYYY-MM-DD
      --runner-images-commit C  of actions/runner-images, for a full image
      --subnet ID  --kms-key ID  --instance-type TYPE   else the defaults of the account and of the templates
      --agent FILE            the agent for the architecture; else the one that make agents built
      --templates DIR         else packer
      --if-due                do nothing if servers launch one with the same runner, of this week
      --promote               promote it, if it passes its checks
      --dry-run               check everything that can be checked here, and say what would be done
  mayfly image list       what there is: [--image NAME] [--json]
  mayfly image promote AMI      have servers launch it, if it has passed its checks
  mayfly image rollback NAME    have them launch the one before again
  mayfly image prune      deprecate what is older than 30 days and remove what is older than 60: [--dry-run]

list, promote, rollback and prune take --region, too.
`

// App is what the commands work with. The zero value of each field is the real thing.
type App struct {
	Out      io.Writer
	Getenv   func(string) string
	Connect  func(ctx context.Context, region string) (AMIs, error) // nil is AWS
	Packer   string                                                 // the program; empty is packer, by the path
	Releases string                                                 // the URL that tells of the runner's releases; empty is GitHub's
	Now      func() time.Time                                       // nil is time.Now
}

// AMIs is EC2, as far as images go. *instance.AMIs is one.
type AMIs interface {
	Tagged(ctx context.Context, tag string) ([]instance.AMI, error)
	Source(ctx context.Context, owner, name string) (instance.AMI, error)
	Tag(ctx context.Context, id string, tags map[string]string) error
	Untag(ctx context.Context, id, tag string) error
	Deprecate(ctx context.Context, id string, at time.Time) error
	Remove(ctx context.Context, id string) error
	Boot(ctx context.Context, boot instance.TestBoot) (id string, err error)
	Console(ctx context.Context, id string) (string, error)
	EndBoot(ctx context.Context, id string) error
	InUse(ctx context.Context, images []string) (map[string]bool, error)
}

// Run does what the arguments after `mayfly image` ask for. An error is told once, by the caller.
func (a App) Run(ctx context.Context, args []string) error {
	err := a.run(ctx, args)
	if errors.Is(err, flag.ErrHelp) {
		_, err = fmt.Fprint(a.Out, Usage)
	}
	return account.Told(err)
}

func (a App) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return flag.ErrHelp
	}
	commands := map[string]func(context.Context, []string) error{
		"build": a.build, "list": a.list, "promote": a.promote, "rollback": a.rollback, "prune": a.prune,
	}
	do, known := commands[args[0]]
	switch {
	case known:
		return do(ctx, args[1:])
	case args[0] == "help" || args[0] == "-h" || args[0] == "--help":
		return flag.ErrHelp
	}
	return misused("image has no command %q%s", args[0], meant(args[0], []string{"build", "list", "promote", "rollback", "prune"}))
}

// misused is an error of the command line.
func misused(format string, values ...any) error {
	return console.Misuse(fmt.Errorf(format, values...))
}

// meant adds to an error what a wrong word was meant to be.
func meant(wrong string, words []string) string {
	if word := nearest.Name(wrong, words); word != "" {
		return fmt.Sprintf(": did you mean %q?", word)
	}
	return fmt.Sprintf(": there are %s", listed(words))
}

func (a App) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
