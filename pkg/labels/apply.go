package labels

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// runnerCPUs is the sizes of the built-in runners, in vCPUs. Source: RunsOn's built-in runners.
var runnerCPUs = []int{1, 2, 4, 8, 16, 32, 48, 64}

func applyRunner(ask *Ask, value string) string {
	for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
		size, ofArch := strings.CutSuffix(value, "cpu-linux-"+string(arch))
		for _, cpus := range runnerCPUs {
			if ofArch && size == strconv.Itoa(cpus) {
				ask.Runner, ask.CPU, ask.Arch = value, Range{cpus, cpus}, arch
				return ""
			}
		}
	}
	return fmt.Sprintf("there is no runner %q: use <N>cpu-linux-x64 or <N>cpu-linux-arm64, with N one of %s", value, list(runnerCPUs))
}

func list(numbers []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

// As much as any instance type has, and some more: 1,920 vCPUs and 32,768 GiB.
// Source: AWS, "Amazon EC2 instance types", U7i.
const (
	maxCPU = 2048
	maxGiB = 32768
)

func applyCPU(ask *Ask, value string) string {
	counts, ok := readRange(value, maxCPU)
	if !ok || counts.Min < 1 {
		return fmt.Sprintf("cpu=%s is not a number of vCPUs from 1 to %d: write cpu=4, or cpu=2+8 for 2 to 8", value, maxCPU)
	}
	ask.CPU = counts
	return ""
}

// applyRAM: a single number is a least one, for memory comes in steps; 0 is as good as none.
func applyRAM(ask *Ask, value string) string {
	sizes, ok := readRange(value, maxGiB, "gb", "gib", "g")
	if !ok {
		return fmt.Sprintf("ram=%s is not a number of GiB up to %d: write ram=16 for 16 or more, or ram=16+32 for 16 to 32", value, maxGiB)
	}
	if sizes.Min == sizes.Max {
		sizes.Max = 0
	}
	ask.RAM = sizes
	return ""
}

func applyFamily(ask *Ask, value string) string {
	for part := range strings.SplitSeq(value, "+") {
		pattern := catalog.Pattern(part)
		if !pattern.Valid() {
			return fmt.Sprintf("family=%s: %q names no instance types: write family=m7a, family=m7a.large, family=c7*.xlarge, or several joined by +", value, part)
		}
		if !slices.Contains(ask.Families, pattern) {
			ask.Families = append(ask.Families, pattern)
		}
	}
	return ""
}

var (
	imageName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	amiID     = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
)

func applyImage(ask *Ask, value string) string {
	if !imageName.MatchString(value) {
		return fmt.Sprintf("image=%s is not the name of an image: use letters, digits, dots, dashes and underscores, as in image=ubuntu24-full-x64", value)
	}
	ask.Image = value
	return ""
}

func applyAMI(ask *Ask, value string) string {
	if !amiID.MatchString(value) {
		return fmt.Sprintf("ami=%s is not the id of an AMI: write ami-, and 8 or 17 hexadecimal digits", value)
	}
	ask.AMI = value
	return ""
}

// applyRetry comes after spot, which decides what happens to a job that says nothing of it.
func applyRetry(ask *Ask, value string) string {
	switch value {
	case "when-interrupted", "true":
		ask.Retry = true
	case "false":
		ask.Retry = false
	default:
		return fmt.Sprintf("retry=%s is not known: use when-interrupted or false", value)
	}
	return ""
}

func applySSH(ask *Ask, value string) string { return yesOrNo(&ask.SSH, "ssh", value) }

func applyPrivate(ask *Ask, value string) string { return yesOrNo(&ask.Private, "private", value) }

func yesOrNo(field *bool, key, value string) string {
	if value != "true" && value != "false" {
		return fmt.Sprintf("%s=%s is neither yes nor no: use true or false", key, value)
	}
	*field = value == "true"
	return ""
}

func applyEnv(ask *Ask, value string) string {
	ask.Env = value
	return ""
}

func applyRegion(ask *Ask, value string) string {
	ask.Region = value
	return ""
}
