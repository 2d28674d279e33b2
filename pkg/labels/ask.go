package labels

import (
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Ask is what a job asks for.
type Ask struct {
	ID       string // the routing value, opaque; may be empty
	Runner   string // the built-in runner that it names; may be empty
	CPU      Range  // vCPUs
	RAM      Range  // GiB; zero if it does not matter
	Families []catalog.Pattern
	Arch     runner.Arch
	Image    string // the name of one of the stack's images; empty is its image for the architecture
	AMI      string // ami-…, instead of an image; may be empty
	Capacity runner.CapacityType
	Strategy string        // EC2's allocation strategy: of spot instances if Capacity is that, of on-demand ones otherwise
	Volume   runner.Volume // a zero field leaves it to the stack
	Env      string        // of the stack
	Region   string        // of the stack; empty is any
	Retry    bool          // run it again if EC2 takes its spot instance back
	SSH      bool
	Private  bool      // in a subnet that the internet does not reach
	Unknown  []Unknown // keys that did nothing, and look like a slip of the pen
}

// Unknown is a key that the grammar does not have, and the one that looks most like it.
type Unknown struct{ Key, Meant string }

// What a job gets that does not ask for anything. Source: RunsOn, "Job labels".
const (
	defaultCPU = 2
	// DefaultEnv is the environment of a job, and of a stack, that names none.
	DefaultEnv = "production"
)

func unasked() Ask {
	return Ask{
		CPU: Range{defaultCPU, defaultCPU}, Arch: runner.X64, Env: DefaultEnv,
		Capacity: runner.Spot, Strategy: priceCapacityOptimized, Retry: true,
	}
}

// Exact says whether the job names its instance types in full.
func (a Ask) Exact() bool {
	return len(a.Families) > 0 && !slices.ContainsFunc(a.Families, func(p catalog.Pattern) bool { return !p.Exact() })
}

// Prioritized says whether instance types are to be tried in the order in which the job names them.
func (a Ask) Prioritized() bool { return a.Strategy == capacityOptimizedPrioritized }

// Name is what people are told about the ask: "4cpu-linux-x64 spot". The capacity type comes last.
func (a Ask) Name() string {
	var name strings.Builder
	name.WriteString(a.CPU.String() + "cpu-")
	if a.RAM != (Range{}) {
		name.WriteString(a.RAM.String() + "gb-")
	}
	name.WriteString("linux-" + string(a.Arch) + " ")
	for i, family := range a.Families {
		if i > 0 {
			name.WriteByte('+')
		}
		name.WriteString(string(family))
	}
	if len(a.Families) > 0 {
		name.WriteByte(' ')
	}
	return name.String() + string(a.Capacity)
}
