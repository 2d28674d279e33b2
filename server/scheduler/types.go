package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// withinPrice bounds what a job may cost that leaves open how big its instance is: EC2 prefers the
// type with the most room, and the dearest one that would do is many times too big.
const withinPrice = 2

// types are the names of the instance types that have what is asked for, the one to prefer first; or
// why there are none.
func (s Shapes) types(ask labels.Ask) ([]string, runner.Reason) {
	want := catalog.Want{
		Arch: ask.Arch, MinVCPU: ask.CPU.Min, MaxVCPU: ask.CPU.Max, MinGiB: ask.RAM.Min, MaxGiB: ask.RAM.Max,
		Families: ask.Families, InOrder: ask.Prioritized(), Allow: s.Policy.denies,
	}
	if ask.CPU.Max == 0 && !ask.Exact() {
		want.Within = withinPrice
	}
	if len(ask.Families) == 0 {
		want.Families = s.Families
	}
	kept, rejected := s.Catalog.Select(want)
	if len(kept) == 0 && len(ask.Families) == 0 {
		want.Families = nil
		kept, rejected = s.Catalog.Select(want)
	}
	if len(kept) == 0 {
		return nil, none(ask, rejected)
	}
	names := make([]string, len(kept))
	for i, t := range kept {
		names[i] = t.Name
	}
	return names, runner.NoReason()
}

// none is why no instance type is left: what the policy denies is nearer than what does not fit.
func none(ask labels.Ask, rejected []catalog.Rejected) runner.Reason {
	if len(rejected) == 0 {
		return runner.NoInstanceType(wanted(ask), "the stack knows of no instance types")
	}
	nearest := rejected[0]
	if nearest.Denied {
		return runner.NotAllowed(chosen(ask), fmt.Sprintf("%s %s: ask for something else, or have the setting changed", nearest.Type.Name, nearest.Why()))
	}
	return runner.NoInstanceType(wanted(ask), fmt.Sprintf("the nearest, %s, %s; to get it, write %s", nearest.Type.Name, nearest.Why(), mended(ask, nearest.Type)))
}

// wanted is what is asked for, in words.
func wanted(ask labels.Ask) string {
	words := counted(ask.CPU, "vCPUs")
	if ask.RAM != (labels.Range{}) {
		words += " and " + counted(ask.RAM, "GiB")
	}
	if len(ask.Families) > 0 {
		words += " in family " + joined(ask.Families)
	}
	return words + " on " + string(ask.Arch)
}

func counted(r labels.Range, what string) string {
	if r.Max == 0 {
		return fmt.Sprintf("%d %s or more", r.Min, what)
	}
	return r.String() + " " + what
}

// chosen is the part of the label that asks for what the policy denies.
func chosen(ask labels.Ask) string {
	switch {
	case len(ask.Families) > 0:
		return "family=" + joined(ask.Families)
	case ask.RAM != (labels.Range{}):
		return "ram=" + ask.RAM.Value()
	}
	return sized(ask)
}

// mended is the keys that would have to be said to get a type.
func mended(ask labels.Ask, t catalog.Type) string {
	var keys []string
	if t.Arch != ask.Arch {
		keys = append(keys, fmt.Sprintf("runner=%dcpu-linux-%s", t.VCPU, t.Arch))
	} else if t.VCPU < ask.CPU.Min || ask.CPU.Max > 0 && t.VCPU > ask.CPU.Max {
		keys = append(keys, fmt.Sprintf("cpu=%d", t.VCPU))
	}
	if t.GiB() < ask.RAM.Min || ask.RAM.Max > 0 && t.GiB() > ask.RAM.Max {
		keys = append(keys, fmt.Sprintf("ram=%d", t.GiB()))
	}
	if len(ask.Families) > 0 && !slices.ContainsFunc(ask.Families, func(p catalog.Pattern) bool { return p.Match(t.Name) }) {
		keys = append(keys, "family="+t.Family())
	}
	return strings.Join(keys, "/")
}

func joined(patterns []catalog.Pattern) string {
	texts := make([]string, len(patterns))
	for i, pattern := range patterns {
		texts[i] = string(pattern)
	}
	return strings.Join(texts, "+")
}
