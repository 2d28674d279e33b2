package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
)

// Plan is what to make of a machine. An error tells everything that is missing, and then nothing may
// be done: a profile is kept whole or no job is run.
func Plan(f Facts, c Config) ([]Step, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := errors.Join(problems(f, c)...); err != nil {
		return nil, fmt.Errorf("profile %s: %w", c.Profile, err)
	}
	work, _ := freeDisk(f.Disks) // in compat it may be none
	return []Step{
		accountStep(f, c),
		volumeStep(c, work),
		swapStep(f, c, work),
		placesStep(f, c),
		tmpStep(c),
		rootStep(f),
	}, nil
}

func (c Config) check() error {
	switch {
	case c.Profile != Compat && c.Profile != Hardened:
		return fmt.Errorf("profile is %q, known are %q and %q", c.Profile, Compat, Hardened)
	case c.Runner == "" || c.Runner == "root":
		return fmt.Errorf("the runner's user is %q: a job needs a user of its own", c.Runner)
	case c.TmpSize < 0:
		return fmt.Errorf("/tmp is to have %d bytes, want 0 or more", c.TmpSize)
	}
	targets := []string{c.Work}
	for _, place := range c.Places {
		targets = append(targets, place.Path)
	}
	if c.TmpSize > 0 {
		targets = append(targets, "/tmp")
	}
	return checkTargets(targets, filepath.EvalSymlinks)
}

// problems are why a profile cannot be kept on this machine.
func problems(f Facts, c Config) []error {
	all := accountProblems(f, c)
	if c.Profile != Hardened {
		return all
	}
	if _, err := freeDisk(f.Disks); err != nil {
		all = append(all, err)
	}
	if !f.Crypt {
		all = append(all, errors.New("this kernel has no dm-crypt, so nothing can be encrypted with a key of this boot's: boot one that has it, built in or in /lib/modules"))
	}
	if !f.Overlay && slices.ContainsFunc(c.Places, func(p Place) bool { return p.Keep }) {
		all = append(all, errors.New("this kernel has no overlayfs, which keeps what the image has in a place: boot one that has it"))
	}
	for _, name := range []string{"blkid", "cryptsetup", "mkfs.ext4"} {
		if reason := f.lacks(name); reason != "" {
			all = append(all, errors.New(reason))
		}
	}
	for _, swap := range f.Swaps {
		all = append(all, fmt.Errorf("%s is swap already, and not encrypted with a key of this boot's: take it out of the image", swap))
	}
	return all
}

// packages are where the programs are from, in Ubuntu and Debian.
var packages = map[string]string{
	"blkid": "util-linux", "cryptsetup": "cryptsetup-bin", "growpart": "cloud-guest-utils", "mkfs.ext4": "e2fsprogs",
	"mkswap": "util-linux", "resize2fs": "e2fsprogs", "useradd": "passwd",
}

// lacks is the reason why a program cannot be called; empty if it can.
func (f Facts) lacks(program string) string {
	if slices.Contains(f.Programs, program) {
		return ""
	}
	return fmt.Sprintf("%s is not installed: apt-get install %s", program, packages[program])
}
