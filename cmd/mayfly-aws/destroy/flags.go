package destroy

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
)

// Flags are what `mayfly destroy` was told.
type Flags struct {
	Stack, Region  string
	Artifacts, Yes bool
}

// Usage is the help of `mayfly destroy`.
const Usage = `mayfly destroy: end the stack's runners, empty its bucket, and delete it

      --stack NAME          what the stack is called (mayfly)
      --region REGION       where (AWS_REGION, or that of the profile)
      --artifacts           delete the artifact bucket, too, which other stacks may use
      --yes                 do not ask
`

// ParseFlags reads the arguments. All errors but [flag.ErrHelp] are of misuse.
func ParseFlags(args []string) (Flags, error) {
	var told Flags
	set := flag.NewFlagSet("destroy", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&told.Stack, "stack", "mayfly", "")
	set.StringVar(&told.Region, "region", "", "")
	set.BoolVar(&told.Artifacts, "artifacts", false, "")
	set.BoolVar(&told.Yes, "yes", false, "")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return Flags{}, err
		}
		return Flags{}, console.Misuse(fmt.Errorf("%w; `mayfly destroy --help` lists the flags", err))
	}
	switch {
	case set.NArg() > 0:
		return Flags{}, console.Misuse(fmt.Errorf("destroy takes flags alone, and got %q; `mayfly destroy --help` lists them", set.Arg(0)))
	case told.Stack == "":
		return Flags{}, console.Misuse(errors.New("--stack is empty: name the stack"))
	}
	return told, nil
}
