package image

import (
	"errors"
	"flag"
	"io"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// input is what a build is asked for.
type input struct {
	name         Name
	profile      assignment.Profile
	region       string
	owner        string // of the source: an account; empty if the source is an id
	source       string // ami-…, or a name in which * is anything
	runner       release
	upstream     string // the commit of actions/runner-images; empty but for full
	sshCIDR      string
	subnet       string
	kmsKey       string
	instanceType string
	templates    string
	agent        string
	dryRun       bool
	ifDue        bool // or else nothing is built
	promote      bool // it, if it passes its checks
}

// release is one of GitHub's runner, for one architecture. The zero value is the newest.
type release struct {
	version  string // 2.329.0
	sha256   string
	released string // YYYY-MM-DD
}

// parseBuild reads the flags of a build. Its error tells everything that is wrong with them.
func parseBuild(args []string, getenv func(string) string) (input, error) {
	var in input
	var image, profile, source string
	flags := newFlags("build")
	flags.StringVar(&image, "image", "", "")
	flags.StringVar(&in.region, "region", regionOf(getenv), "")
	flags.StringVar(&source, "source-ami", "", "")
	flags.StringVar(&in.sshCIDR, "ssh-cidr", "", "")
	flags.StringVar(&profile, "profile", string(assignment.Compat), "")
	flags.StringVar(&in.runner.version, "runner-version", "", "")
	flags.StringVar(&in.runner.sha256, "runner-sha256", "", "")
	flags.StringVar(&in.runner.released, "runner-released", "", "")
	flags.StringVar(&in.upstream, "runner-images-commit", "", "")
	flags.StringVar(&in.subnet, "subnet", "", "")
	flags.StringVar(&in.kmsKey, "kms-key", "", "")
	flags.StringVar(&in.instanceType, "instance-type", "", "")
	flags.StringVar(&in.templates, "templates", "packer", "")
	flags.StringVar(&in.agent, "agent", "", "")
	flags.BoolVar(&in.dryRun, "dry-run", false, "")
	flags.BoolVar(&in.ifDue, "if-due", false, "")
	flags.BoolVar(&in.promote, "promote", false, "")
	if err := parse(flags, args, 0); err != nil {
		return input{}, err
	}
	var err error
	in.name, err = parseName(image)
	in.profile = assignment.Profile(profile)
	in.owner, in.source = sourceOf(source)
	return in, errors.Join(err, in.checkPlace(), in.checkSource(source), in.checkProfile(), in.checkRunner(), in.checkUpstream())
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet("mayfly image "+name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// parse reads flags, and so many arguments after them.
func parse(flags *flag.FlagSet, args []string, count int) error {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return misused("%w%s", err, meantFlag(flags, err))
	case flags.NArg() > count:
		return misused("%s takes no %q", flags.Name(), flags.Arg(count))
	case flags.NArg() < count:
		return misused("%s lacks an argument: `mayfly image help` shows it", flags.Name())
	}
	return nil
}

// meantFlag adds which flag was meant.
func meantFlag(flags *flag.FlagSet, err error) string {
	_, wrong, unknown := strings.Cut(err.Error(), "not defined: -")
	if !unknown {
		return ""
	}
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	return meant(wrong, known)
}

func regionOf(getenv func(string) string) string {
	if region := getenv("AWS_REGION"); region != "" {
		return region
	}
	return getenv("AWS_DEFAULT_REGION")
}

// stem is what AMIs are called, without their stamp. Those of the two profiles have no name in common that a stack could
// mean: it would launch the one for the other.
func (in input) stem() string {
	if in.profile == assignment.Hardened {
		return "mayfly-hardened-" + in.name.String()
	}
	return "mayfly-" + in.name.String()
}

// goarch is the image's architecture in Go's words, by which agents are named.
func (in input) goarch() string {
	return map[runner.Arch]string{runner.X64: "amd64", runner.ARM64: "arm64"}[in.name.Arch]
}
