package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// The tags on every fleet and instance. One fleet call serves many repositories, so the repository
// and the job live in the record, not in tags.
const (
	TagStack  = "mayfly-stack"
	TagLaunch = "mayfly-launch"
)

// Name is what GitHub calls the runner on an instance: mf-<8 hex of the stack>-<instance>-<n>.
// A name is never used twice: after a conflict n grows. GitHub allows 64 characters; this takes at
// most 36 for any n below 1,000.
func Name(stack, instance string, n int) string {
	return fmt.Sprintf("%s%s-%d", namePrefix(stack), instance, n)
}

// InstanceOf reads the instance id back from a runner's name, and says whether the name is this
// stack's at all.
func InstanceOf(stack, name string) (instance string, ours bool) {
	rest, ours := strings.CutPrefix(name, namePrefix(stack))
	end := strings.LastIndexByte(rest, '-')
	if !ours || end < 0 || !strings.HasPrefix(rest, "i-") || end < len("i-") {
		return "", false
	}
	return rest[:end], true
}

func namePrefix(stack string) string {
	sum := sha256.Sum256([]byte(stack))
	return "mf-" + hex.EncodeToString(sum[:4]) + "-"
}

// ClientToken makes EC2 answer the same launch once. EC2 allows 64 ASCII characters; this is 64.
func ClientToken(stack, launch string, attempt int, market CapacityType) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%s", stack, launch, attempt, market))
	return hex.EncodeToString(sum[:])
}

// AssignmentKey is where in the bucket an instance finds its assignment. AWS calls an instance that
// holds a role <role id>:<instance id> (aws:userid), which is how its policy keeps instances apart.
func AssignmentKey(roleID, instance string) string {
	return "runners/" + roleID + ":" + instance + "/assignment.json"
}

// ReportKey is where an instance puts its nth report.
func ReportKey(roleID, instance string, n int) string {
	return fmt.Sprintf("%s%s:%s/%03d.json", ReportPrefix, roleID, instance, n)
}

// ReportPrefix is where all reports are.
const ReportPrefix = "reports/"

// ReporterOf reads back whose report a key holds. The prefix is what AWS lets only that instance
// write, so it is the key that tells who speaks, never the report's text.
func ReporterOf(key string) (instance string, ok bool) {
	rest, ok := strings.CutPrefix(key, ReportPrefix)
	user, _, slash := strings.Cut(rest, "/")
	_, instance, colon := strings.Cut(user, ":")
	return instance, ok && slash && colon && strings.HasPrefix(instance, "i-")
}
