package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
)

// MaxJobs is how many jobs the sample may have. Source: docs.github.com, "Usage limits": a matrix
// makes at most 256 jobs a run.
const MaxJobs = 256

// Flags is what the demo may be told on the command line.
type Flags struct {
	Jobs int
	Seed uint64 // of every choice in the demo: GitHub's, AWS's and the server's
	JSON bool
	Step string // a command that becomes the last step of the first job; empty is none
	// Faults lets everything go wrong that can, by the seed, on shortened intervals.
	Faults bool
}

// ParseFlags reads the demo's arguments. Its error names the flag, its value and the remedy;
// [flag.ErrHelp] is that somebody only asked.
func ParseFlags(args []string) (Flags, error) {
	f := Flags{Jobs: 8, Seed: uint64(rand.Uint32())} //nolint:gosec // a seed is no secret
	set := flags(&f)
	if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
		return Flags{}, err
	} else if err != nil {
		return Flags{}, fmt.Errorf("%w; `mayfly help` lists the flags", err)
	}
	if set.NArg() > 0 {
		return Flags{}, fmt.Errorf("argument %q: demo takes flags only; `mayfly help` lists them", set.Arg(0))
	}
	return f, nil
}

func flags(f *Flags) *flag.FlagSet {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Func("jobs", fmt.Sprintf("how many jobs the sample has, 1 to %d", MaxJobs), func(value string) (err error) {
		if f.Jobs, err = strconv.Atoi(value); err != nil || f.Jobs < 1 || f.Jobs > MaxJobs {
			return fmt.Errorf("give a number from 1 to %d, which is as many as a matrix makes", MaxJobs)
		}
		return nil
	})
	set.Func("seed", "of every choice, so that it can be made again", func(value string) (err error) {
		if f.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return errors.New("give a whole number, such as the one that a demo before printed")
		}
		return nil
	})
	set.Func("step", "a command that is run as the last step of the first job", func(value string) error {
		if f.Step = value; strings.TrimSpace(value) == "" {
			return errors.New("give a command, such as 'exit 1'")
		}
		return nil
	})
	set.BoolVar(&f.Faults, "faults", false, "let GitHub and AWS fail, by the seed")
	set.BoolVar(&f.JSON, "json", false, "print the totals as JSON, and all else to stderr")
	return set
}
