package labels

import (
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// volumeType is what EC2 asks of a kind of volume that an instance can boot from.
type volumeType struct {
	maxGiB    int
	minIOPS   int // 0: IOPS cannot be chosen
	maxIOPS   int
	perGiB    int  // IOPS by GiB at most
	needsIOPS bool // they have no default
}

// Source: docs.aws.amazon.com, "Amazon EBS volume types" and, for what has a default, "EbsBlockDevice".
// The greatest sizes and speeds of gp3 are those of September 2025; a region that has less says so.
var volumeTypes = map[string]volumeType{
	"gp2": {maxGiB: 16384},
	"gp3": {maxGiB: 65536, minIOPS: 3000, maxIOPS: 80000, perGiB: 500},
	"io1": {maxGiB: 16384, minIOPS: 100, maxIOPS: 64000, perGiB: 50, needsIOPS: true},
	"io2": {maxGiB: 65536, minIOPS: 100, maxIOPS: 256000, perGiB: 1000, needsIOPS: true},
}

// The throughput of gp3, in MiB/s; at most a quarter of that by IOPS. Source: the same.
const (
	minThroughput     = 125
	maxThroughput     = 2000
	iopsPerThroughput = 4
	defaultIOPS       = 3000
)

const volumeForm = "write it as size, type, throughput and IOPS, each where it matters, as in volume=80gb:gp3:750mbs:4000iops"

// applyVolume reads size, type, throughput and IOPS, in any order, each of which may be missing.
func applyVolume(ask *Ask, value string) string {
	v := &ask.Volume
	for part := range strings.SplitSeq(value, ":") {
		if _, isType := volumeTypes[part]; isType && v.Type == "" {
			v.Type = part
			continue
		}
		n, unit, isNumber := quantity(part)
		field, factor := measured(v, unit)
		if !isNumber || n == 0 || field == nil || *field != 0 {
			return fmt.Sprintf("volume=%s: %q is not understood, or given twice: %s", value, part, volumeForm)
		}
		*field = n * factor
	}
	if problem := impossible(*v); problem != "" {
		return fmt.Sprintf("volume=%s: %s", value, problem)
	}
	return ""
}

// measured is what a unit measures, and how many of the field's own units it has; nil if nothing.
func measured(v *runner.Volume, unit string) (field *int, factor int) {
	switch unit {
	case "gb", "gib", "g":
		return &v.GiB, 1
	case "tb", "tib", "t":
		return &v.GiB, 1024
	case "mbs", "mbps", "mibps":
		return &v.Throughput, 1
	case "iops":
		return &v.IOPS, 1
	}
	return nil, 0
}

// impossible is why EC2 has no such volume. What is not said cannot be wrong.
func impossible(v runner.Volume) string {
	kind := v.Type
	if kind == "" {
		kind = "gp3"
	}
	has := volumeTypes[kind]
	switch {
	case v.GiB > has.maxGiB:
		return fmt.Sprintf("%s has at most %d GiB: ask for less", kind, has.maxGiB)
	case v.IOPS > 0 && has.minIOPS == 0:
		return fmt.Sprintf("the IOPS of %s cannot be chosen: leave them out, or use gp3", kind)
	case v.IOPS == 0 && has.needsIOPS:
		return fmt.Sprintf("%s needs to be told its IOPS: add them, as in :4000iops, or use gp3", kind)
	case v.IOPS > 0 && (v.IOPS < has.minIOPS || v.IOPS > has.maxIOPS):
		return fmt.Sprintf("%s has %d to %d IOPS: ask for as many", kind, has.minIOPS, has.maxIOPS)
	case v.IOPS > 0 && v.GiB > 0 && v.IOPS > max(has.minIOPS, v.GiB*has.perGiB):
		return fmt.Sprintf("%d GiB of %s have at most %d IOPS: ask for fewer, or for more GiB", v.GiB, kind, max(has.minIOPS, v.GiB*has.perGiB))
	case v.Throughput > 0:
		return impossibleThroughput(v, kind)
	}
	return ""
}

func impossibleThroughput(v runner.Volume, kind string) string {
	iops := v.IOPS
	if iops == 0 {
		iops = defaultIOPS
	}
	switch {
	case kind != "gp3":
		return fmt.Sprintf("the throughput of %s cannot be chosen: leave it out, or use gp3", kind)
	case v.Throughput < minThroughput || v.Throughput > maxThroughput:
		return fmt.Sprintf("gp3 has %d to %d MiB/s: ask for as many", minThroughput, maxThroughput)
	case v.Throughput > iops/iopsPerThroughput:
		return fmt.Sprintf("%d MiB/s need %d IOPS: add :%diops", v.Throughput, v.Throughput*iopsPerThroughput, v.Throughput*iopsPerThroughput)
	}
	return ""
}
