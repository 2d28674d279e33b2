package deploy

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
)

// Flags are what `mayfly deploy` was told.
type Flags struct {
	Stack, Region string
	Artifacts     string            // directory of lambda.zip, agent-linux-amd64 and agent-linux-arm64
	Parameters    map[string]string // of the template, by their names
	PushImage     bool
	RaiseQuotas   bool
	DryRun, Yes   bool
}

// Usage is the help of `mayfly deploy`.
const Usage = `mayfly deploy: make the stack in your AWS account, or update it

      --stack NAME          what the stack is called (mayfly)
      --region REGION       where (AWS_REGION, or that of the profile)
      --param NAME=VALUE    a parameter of cloudformation/template.yaml; again for each. What is not
                            given stays as it is in the stack, or has its default
      --platform PLATFORM   AppRunner or Lambda, as --param ServerPlatform=… (what the account can use)
      --image IMAGE         the server's image by its digest, as --param ServerImage=…
      --push-image          build the server's image with Docker, and push it to this account's ECR
      --artifacts DIR       where lambda.zip and the agents are (beside this program)
      --raise-quotas        ask AWS for more, where a quota is short
      --dry-run             say what it would do, and do nothing
      --yes                 do not ask, even if something is replaced or removed that keeps state
`

// stackName is what CloudFormation takes. Source: docs.aws.amazon.com, CloudFormation API Reference, "CreateStack".
var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// ParseFlags reads the arguments. The artifacts are in dir unless told otherwise. All errors but [flag.ErrHelp] are
// of misuse.
func ParseFlags(args []string, dir string) (Flags, error) {
	told := Flags{Parameters: map[string]string{}}
	set := flag.NewFlagSet("deploy", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&told.Stack, "stack", "mayfly", "")
	set.StringVar(&told.Region, "region", "", "")
	set.StringVar(&told.Artifacts, "artifacts", dir, "")
	set.BoolVar(&told.PushImage, "push-image", false, "")
	set.BoolVar(&told.RaiseQuotas, "raise-quotas", false, "")
	set.BoolVar(&told.DryRun, "dry-run", false, "")
	set.BoolVar(&told.Yes, "yes", false, "")
	set.Func("param", "", told.parameter)
	set.Func("platform", "", func(value string) error { return told.set("ServerPlatform", value) })
	set.Func("image", "", func(value string) error { return told.set("ServerImage", value) })
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return Flags{}, err
		}
		return Flags{}, console.Misuse(fmt.Errorf("%w; `mayfly deploy --help` lists the flags", err))
	}
	return told, console.Misuse(told.check(set.Args()))
}

func (f Flags) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("deploy takes flags alone, and got %q; `mayfly deploy --help` lists them", rest[0])
	case !stackName.MatchString(f.Stack):
		return fmt.Errorf("--stack is %q: use a letter, and then letters, digits and dashes, 128 in all", f.Stack)
	case f.PushImage && f.Parameters["ServerImage"] != "":
		return errors.New("--push-image makes an image, and --image names one: leave one of them out")
	case f.PushImage && f.Parameters["ServerPlatform"] == "Lambda":
		return errors.New("--push-image is for App Runner, and Lambda takes a zip: leave it out")
	}
	return nil
}

func (f Flags) parameter(pair string) error {
	name, value, is := strings.Cut(pair, "=")
	if !is || name == "" {
		return errors.New("use NAME=VALUE, as AlertEmail=ops@example.com")
	}
	return f.set(name, value)
}

func (f Flags) set(name, value string) error {
	if _, twice := f.Parameters[name]; twice {
		return fmt.Errorf("%s is given twice: leave one out", name)
	}
	f.Parameters[name] = value
	return nil
}
