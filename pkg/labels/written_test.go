package labels_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// written is an ask as a label.
func written(ask labels.Ask) string {
	label := fmt.Sprintf("mayfly/env=%s/retry=%v/ssh=%v/private=%v", ask.Env, ask.Retry, ask.SSH, ask.Private)
	add := func(key, value string) {
		if value != "" {
			label += "/" + key + "=" + value
		}
	}
	if ask.Arch == runner.ARM64 {
		add("runner", "1cpu-linux-arm64")
	}
	if ask.CPU.Max > 0 {
		add("cpu", fmt.Sprintf("%d+%d", ask.CPU.Min, ask.CPU.Max))
	}
	if ask.RAM.Max > 0 {
		add("ram", fmt.Sprintf("%d+%d", ask.RAM.Min, ask.RAM.Max))
	} else if ask.RAM.Min > 0 {
		add("ram", strconv.Itoa(ask.RAM.Min))
	}
	var families []string
	for _, family := range ask.Families {
		families = append(families, string(family))
	}
	add("family", strings.Join(families, "+"))
	add("image", ask.Image)
	add("ami", ask.AMI)
	add("region", ask.Region)
	add("volume", volumeText(ask.Volume))
	if ask.Capacity == runner.OnDemand {
		add("spot", "false")
	} else {
		add("spot", ask.Strategy)
	}
	return label
}

func volumeText(v runner.Volume) string {
	var parts []string
	for unit, n := range map[string]int{"gb": v.GiB, "iops": v.IOPS, "mbs": v.Throughput} {
		if n > 0 {
			parts = append(parts, strconv.Itoa(n)+unit)
		}
	}
	if v.Type != "" {
		parts = append(parts, v.Type)
	}
	return strings.Join(parts, ":")
}
