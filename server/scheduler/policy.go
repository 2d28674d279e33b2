package scheduler

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Policy is what a label may choose. Whoever can write a workflow file can write a label, so what is
// not allowed here, no job gets. A zero field has the default that its comment names.
type Policy struct {
	MaxVCPU       int               // vCPUs of an instance; 64
	MaxMemory     int               // memory of an instance, GiB; 512
	MaxDisk       int               // size of a root volume, GiB; 1,000
	MaxIOPS       int               // IOPS of a root volume; 16,000
	MaxThroughput int               // throughput of a root volume, MiB/s; 1,000
	Families      []catalog.Pattern // instance types; c*, m*, r*
	AMIs          []string          // AMIs that a label may name; none
	AMIOwners     []string          // accounts whose AMIs a label may name; none
	SSH           bool              // whether a label may ask for logins
}

// WithDefaults fills in the defaults.
func (p Policy) WithDefaults() Policy {
	p.MaxVCPU = cmp.Or(p.MaxVCPU, 64)
	p.MaxMemory = cmp.Or(p.MaxMemory, 512)
	p.MaxDisk = cmp.Or(p.MaxDisk, 1000)
	p.MaxIOPS = cmp.Or(p.MaxIOPS, 16000)
	p.MaxThroughput = cmp.Or(p.MaxThroughput, 1000)
	if p.Families == nil {
		p.Families = []catalog.Pattern{"c*", "m*", "r*"}
	}
	return p
}

var (
	amiID   = regexp.MustCompile(`^ami-[0-9a-z-]+$`)
	account = regexp.MustCompile(`^[0-9]{12}$`)
)

// Check says everything that is wrong with the policy, at once.
func (p Policy) Check() error {
	var problems []error
	for _, limit := range []struct {
		field string
		value int
	}{
		{"MaxVCPU", p.MaxVCPU}, {"MaxMemory", p.MaxMemory}, {"MaxDisk", p.MaxDisk}, {"MaxIOPS", p.MaxIOPS}, {"MaxThroughput", p.MaxThroughput},
	} {
		if limit.value < 1 {
			problems = append(problems, fmt.Errorf("%s is %d: set it to 1 or more, or leave it out for its default", "Policy."+limit.field, limit.value))
		}
	}
	for _, pattern := range p.Families {
		if !pattern.Valid() {
			problems = append(problems, fmt.Errorf("Policy.Families has %q, which names no instance types: use the likes of m7a, m7a.large and c7*", pattern))
		}
	}
	for _, id := range p.AMIs {
		if !amiID.MatchString(id) {
			problems = append(problems, fmt.Errorf("Policy.AMIs has %q, which is not the id of an AMI: use ami-…", id))
		}
	}
	for _, owner := range p.AMIOwners {
		if !account.MatchString(owner) {
			problems = append(problems, fmt.Errorf("Policy.AMIOwners has %q, which is no account: use its 12 digits", owner))
		}
	}
	return errors.Join(problems...)
}

// refuses is why an ask is more than the policy allows; NoReason if it is not. What a range leaves
// open is not refused: no type that is too big is among its candidates.
func (p Policy) refuses(ask labels.Ask) runner.Reason {
	v := ask.Volume
	for _, limit := range []struct {
		asked, setting, unit string
		value, most          int
	}{
		{sized(ask), "MaxVCPU", "vCPUs", ask.CPU.Min, p.MaxVCPU},
		{"ram=" + ask.RAM.Value(), "MaxMemory", "GiB of memory", ask.RAM.Min, p.MaxMemory},
		{fmt.Sprintf("volume=%dgb", v.GiB), "MaxDisk", "GiB of disk", v.GiB, p.MaxDisk},
		{fmt.Sprintf("volume=%diops", v.IOPS), "MaxIOPS", "IOPS", v.IOPS, p.MaxIOPS},
		{fmt.Sprintf("volume=%dmbs", v.Throughput), "MaxThroughput", "MiB/s", v.Throughput, p.MaxThroughput},
	} {
		if limit.value > limit.most {
			return runner.NotAllowed(limit.asked, fmt.Sprintf(
				"the stack allows at most %d %s: ask for less, or have Policy.%s raised", limit.most, limit.unit, limit.setting))
		}
	}
	if ask.SSH && !p.SSH {
		return runner.NotAllowed("ssh=true", "the stack does not allow SSH: remove it, or have Policy.SSH set")
	}
	return runner.NoReason()
}

// Logins says whether people may log in to the instances of a class with these labels: the labels ask for it,
// and the policy allows it.
func (p Policy) Logins(classLabels []string) bool {
	ask, err := labels.Parse(classLabels)
	return err == nil && ask.SSH && p.SSH
}

// sized is the part of the label that says how many vCPUs it is to be.
func sized(ask labels.Ask) string {
	if strings.HasPrefix(ask.Runner, ask.CPU.Value()+"cpu-") {
		return "runner=" + ask.Runner
	}
	return "cpu=" + ask.CPU.Value()
}

// denies is why an instance type is not to be had; empty if it is.
func (p Policy) denies(t catalog.Type) string {
	switch {
	case t.VCPU > p.MaxVCPU:
		return fmt.Sprintf("has %d vCPUs, and the stack allows at most %d (Policy.MaxVCPU)", t.VCPU, p.MaxVCPU)
	case t.GiB() > p.MaxMemory:
		return fmt.Sprintf("has %d GiB of memory, and the stack allows at most %d (Policy.MaxMemory)", t.GiB(), p.MaxMemory)
	case !slices.ContainsFunc(p.Families, func(allowed catalog.Pattern) bool { return allowed.Match(t.Name) }):
		return fmt.Sprintf("is not of a family that the stack allows: %s (Policy.Families)", joined(p.Families))
	}
	return ""
}

// refusesAMI is why a label may not name an AMI. Where accounts are allowed, whose it is shows at its launch.
func (p Policy) refusesAMI(id string) runner.Reason {
	if slices.Contains(p.AMIs, id) || len(p.AMIOwners) > 0 {
		return runner.NoReason()
	}
	return runner.NotAllowed("ami="+id, "the stack does not allow this AMI: have it added to Policy.AMIs, or remove it")
}

// ownersOf are the accounts of which one has to own an AMI that a label names; none if it is allowed by itself.
func (p Policy) ownersOf(id string) []string {
	if id == "" || slices.Contains(p.AMIs, id) {
		return nil
	}
	return p.AMIOwners
}
