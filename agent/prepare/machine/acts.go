package machine

import (
	"context"
	"fmt"
	"io/fs"
	"os"
)

// makeDir makes a directory and those above it, and gives it to its owner. One that is there gets
// that owner and that mode, too.
type makeDir struct {
	path  string
	mode  fs.FileMode // permissions alone
	owner *User       // nil is root
}

func (m makeDir) String() string {
	owner := "root"
	if m.owner != nil {
		owner = m.owner.Name
	}
	return fmt.Sprintf("install -d -m %04o -o %s %s", m.mode, owner, m.path)
}

func (m makeDir) do(context.Context, Program) error {
	uid, gid, err := m.ids()
	if err != nil || m.made(uid, gid) { // an image with a root that cannot be written has it made
		return err
	}
	if err := os.MkdirAll(m.path, 0o755); err != nil { //nolint:gosec // the way to it has to be open
		return err
	}
	if err := os.Lchown(m.path, uid, gid); err != nil {
		return err
	}
	return os.Chmod(m.path, m.mode) // after the owner, for a change of owner may take modes away
}

// ids are asked for only now: a step before this one may have made the user.
func (m makeDir) ids() (uid, gid int, err error) {
	if m.owner == nil {
		return 0, 0, nil
	}
	if m.owner.UID > 0 {
		return m.owner.UID, m.owner.GID, nil
	}
	made, err := lookUser(m.owner.Name)
	return made.UID, made.GID, err
}

// writeFile writes a small file of root's.
type writeFile struct {
	path string
	mode fs.FileMode
	text string
}

func (w writeFile) String() string { return fmt.Sprintf("write %s, mode %04o", w.path, w.mode) }

func (w writeFile) do(context.Context, Program) error {
	if err := os.WriteFile(w.path, []byte(w.text), w.mode); err != nil {
		return err
	}
	return os.Chmod(w.path, w.mode)
}

// mount mounts a device, or memory.
type mount struct {
	source, target string
	fileSystem     string
	options        string // of the file system, between commas
}

func (m mount) String() string {
	return fmt.Sprintf("mount -t %s -o nodev,nosuid,noatime,%s %s %s", m.fileSystem, m.options, m.source, m.target)
}

func (m mount) do(context.Context, Program) error { return m.attach() }

// swapFile is a file for swap, with all of its blocks.
type swapFile struct {
	path string
	size int64 // bytes
}

func (s swapFile) String() string { return fmt.Sprintf("fallocate -l %d %s", s.size, s.path) }

func (s swapFile) do(context.Context, Program) error { return s.allocate() }

// swapOn takes a file into use as swap.
type swapOn struct{ path string }

func (s swapOn) String() string { return "swapon " + s.path }

func (s swapOn) do(context.Context, Program) error { return s.enable() }
