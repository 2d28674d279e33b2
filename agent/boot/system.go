package boot

import (
	"os"
	"strings"
)

// System is what a machine runs. What it does not tell is empty.
type System struct {
	Name   string // as "Ubuntu 24.04.1 LTS"
	Kernel string // as "6.8.0-1021-aws"
}

// ReadSystem reads what the machine with this root runs. Source: os-release(5).
func ReadSystem(root string) System {
	var s System
	release, _ := os.ReadFile(root + "/etc/os-release")
	for line := range strings.Lines(string(release)) {
		if name, is := strings.CutPrefix(line, "PRETTY_NAME="); is {
			s.Name = strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	kernel, _ := os.ReadFile(root + "/proc/sys/kernel/osrelease")
	s.Kernel = strings.TrimSpace(string(kernel))
	return s
}
