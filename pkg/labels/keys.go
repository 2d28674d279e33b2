package labels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// key is a key that acts. Its value arrives lower-cased; apply answers with a problem, or nothing.
type key struct {
	name     string
	fallback string // the value of a label without the key; empty leaves the ask as it is
	apply    func(ask *Ask, value string) (problem string)
}

// keys are in the order in which they act. Source of the defaults: RunsOn, "Job labels".
var keys = []key{
	{"runner", "2cpu-linux-x64", applyRunner},
	{"cpu", "", applyCPU},
	{"spot", "true", applySpot},
}

// planned is the keys of the grammar that do not act yet.
var planned = map[string]bool{
	"ram": true, "family": true, "image": true, "ami": true, "volume": true, "disk": true, "hdd": true,
	"iops": true, "throughput": true, "sticky": true, "extras": true, "ssh": true, "private": true,
	"retry": true, "env": true, "region": true, "pool": true, "nested-virt": true, "debug": true,
	"preinstall": true, "prerun": true, "tags": true, "id": true, "fleet": true,
}

func acts(name string) bool {
	return slices.ContainsFunc(keys, func(k key) bool { return k.name == name })
}

// settings are the values of the keys that act, from "key=value/key=value".
func settings(text string) (values map[string]string, problem string) {
	values = map[string]string{}
	for part := range strings.SplitSeq(strings.ToLower(text), "/") {
		name, value, _ := strings.Cut(part, "=")
		before, again := values[name]
		switch {
		case planned[name]:
			return nil, fmt.Sprintf("key %s is not supported yet: remove it", name)
		case !acts(name): // a uniquifier
		case value == "":
			return nil, fmt.Sprintf("key %s has no value: write %s=… or remove it", name, name)
		case again && before != value:
			return nil, fmt.Sprintf("key %s is given twice, as %q and as %q: keep one", name, before, value)
		default:
			values[name] = value
		}
	}
	return values, ""
}

// runnerCPUs is the sizes of the built-in runners, in vCPUs. Source: RunsOn's built-in runners.
var runnerCPUs = []int{1, 2, 4, 8, 16, 32, 48, 64}

func applyRunner(ask *Ask, value string) string {
	for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
		size, ofArch := strings.CutSuffix(value, "cpu-linux-"+string(arch))
		for _, cpus := range runnerCPUs {
			if ofArch && size == strconv.Itoa(cpus) {
				ask.CPU, ask.Arch = Range{cpus, cpus}, arch
				return ""
			}
		}
	}
	return fmt.Sprintf("there is no runner %q: use <N>cpu-linux-x64 or <N>cpu-linux-arm64, with N one of %s", value, list(runnerCPUs))
}

// applyCPU reads one number, or several joined by +, of which the least and the greatest count.
func applyCPU(ask *Ask, value string) string {
	if value == "" {
		return ""
	}
	var counts []int
	for part := range strings.SplitSeq(value, "+") {
		count, err := strconv.Atoi(part)
		if err != nil || count < 1 {
			return fmt.Sprintf("cpu=%s is not a number of vCPUs: write cpu=4, or cpu=2+8 for 2 to 8", value)
		}
		counts = append(counts, count)
	}
	ask.CPU = Range{slices.Min(counts), slices.Max(counts)}
	return ""
}

func applySpot(ask *Ask, value string) string {
	market, known := markets[value]
	if !known {
		return fmt.Sprintf("spot=%s is not known: use true, false, %s, %s, %s or %s",
			value, priceCapacityOptimized, lowestPrice, capacityOptimized, capacityOptimizedPrioritized)
	}
	ask.Capacity, ask.Strategy = market.capacity, market.strategy
	return ""
}

func list(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}
