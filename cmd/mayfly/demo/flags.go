package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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
	// Workflow is the path of a workflow file, whose jobs are run in place of the sample's; empty is none.
	Workflow string
	Logs     string // a directory, which gets what each job printed; empty is none
	// Faults lets everything go wrong that can, by the seed, on shortened intervals.
	Faults bool
	Keep   bool   // it goes on once the sample is done, until it is interrupted
	Listen string // host:port at which webhooks are taken, also from outside; empty is a free port of 127.0.0.1
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
	if err := f.conflict(set); err != nil {
		return Flags{}, err
	}
	if f.Jobs == 0 && !f.Keep {
		return Flags{}, errors.New("flag --jobs 0: then there is nothing to do; add --keep, to wait for webhooks or to look around")
	}
	return f, nil
}

// conflict is two flags that are at odds.
func (f Flags) conflict(set *flag.FlagSet) (err error) {
	set.Visit(func(given *flag.Flag) {
		if given.Name == "jobs" && f.Workflow != "" {
			err = fmt.Errorf("flags --jobs %d and --workflow %s: the file says which jobs there are; leave --jobs out", f.Jobs, f.Workflow)
		}
	})
	return err
}

func flags(f *Flags) *flag.FlagSet {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Func("jobs", fmt.Sprintf("how many jobs the sample has, 0 to %d", MaxJobs), func(value string) (err error) {
		if f.Jobs, err = strconv.Atoi(value); err != nil || f.Jobs < 0 || f.Jobs > MaxJobs {
			return fmt.Errorf("give a number from 0 to %d, which is as many as a matrix makes", MaxJobs)
		}
		return nil
	})
	set.Func("listen", "take webhooks from outside at this host:port", func(value string) error {
		_, port, err := net.SplitHostPort(value)
		if number, notANumber := strconv.ParseUint(port, 10, 16); err != nil || notANumber != nil || number == 0 {
			return errors.New("give a host and a port from 1 to 65535, such as 127.0.0.1:8080")
		}
		f.Listen = value
		return nil
	})
	set.BoolVar(&f.Keep, "keep", false, "go on until Ctrl-C")
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
	set.Func("workflow", "the workflow file whose jobs are run", func(value string) error {
		if f.Workflow = value; value == "" {
			return errors.New("give the path of a workflow file, such as .github/workflows/ci.yml")
		}
		return nil
	})
	set.Func("logs", "the directory that gets what each job printed", func(value string) error {
		if f.Logs = value; value == "" {
			return errors.New("give a directory, such as logs")
		}
		return nil
	})
	set.BoolVar(&f.Faults, "faults", false, "let GitHub and AWS fail, by the seed")
	set.BoolVar(&f.JSON, "json", false, "print the totals as JSON, and all else to stderr")
	return set
}
