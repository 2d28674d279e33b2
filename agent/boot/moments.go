package boot

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// KernelStarted is when the kernel of the machine with this root, which is "" for this one, began to
// run, to 10 ms: as long ago as /proc/uptime says. The btime of /proc/stat is the same in whole
// seconds, which of a boot of three seconds would tell hardly anything.
func KernelStarted(root string) (time.Time, error) {
	text, err := os.ReadFile(root + "/proc/uptime")
	if err != nil {
		return time.Time{}, fmt.Errorf("when the kernel started: %w", err)
	}
	seconds, _, _ := strings.Cut(string(text), " ")
	uptime, err := strconv.ParseFloat(seconds, 64)
	if err != nil || uptime < 0 {
		return time.Time{}, fmt.Errorf("when the kernel started: /proc/uptime begins with %.20q, want seconds", seconds)
	}
	return time.Now().Add(-time.Duration(uptime * float64(time.Second))), nil
}

// UserspaceStarted is when systemd began to run on the machine with this root: when /run/systemd/system
// was made, which it does before all else, and by which sd_booted(3) knows it. Its own word for it, the
// property UserspaceTimestampMonotonic, is behind a question to process 1, which during a boot is the
// busiest there is, or behind a child.
// Source: github.com/systemd/systemd, src/core/main.c and src/shared/mount-setup.c.
func UserspaceStarted(root string) (time.Time, error) {
	made, err := madeAt(root + "/run/systemd/system")
	if err != nil {
		return time.Time{}, fmt.Errorf("when systemd started: %w", err)
	}
	return made, nil
}
