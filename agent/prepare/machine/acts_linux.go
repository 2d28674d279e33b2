package machine

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// made says whether the directory is as it should be.
func (m makeDir) made(uid, gid int) bool {
	var info unix.Stat_t
	err := unix.Lstat(m.path, &info)
	mode := unix.S_IFDIR | uint32(m.mode)
	return err == nil && info.Mode == mode && int(info.Uid) == uid && int(info.Gid) == gid
}

func (m mount) attach() error {
	return unix.Mount(m.source, m.target, m.fileSystem, unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOATIME, m.options)
}

// attach gives what covers a place the owner and the mode of what it covers.
func (c cover) attach() error {
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(c.path, 0o755); err == nil { //nolint:gosec // a place for everybody
			info, err = os.Stat(c.path)
		}
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.from, 0o700); err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t) // it is nothing else on Linux
	if err := errors.Join(os.Lchown(c.from, int(owner.Uid), int(owner.Gid)), os.Chmod(c.from, info.Mode())); err != nil {
		return err
	}
	if !c.keep { // a bind has the flags of the mount that it is of
		return unix.Mount(c.from, c.path, "", unix.MS_BIND, "")
	}
	if err := os.Mkdir(c.from+workSuffix, 0o700); err != nil {
		return err
	}
	return unix.Mount("overlay", c.path, "overlay", unix.MS_NODEV|unix.MS_NOSUID|unix.MS_NOATIME, c.options())
}

func (s swapFile) allocate() error {
	file, err := os.OpenFile(s.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(unix.Fallocate(int(file.Fd()), 0, 0, s.size), file.Close())
}

func (s swapOn) enable() error {
	name, err := unix.BytePtrFromString(s.path)
	if err != nil {
		return err
	}
	//nolint:gosec // x/sys has no swapon of its own, and this is how a name is passed
	if _, _, number := unix.Syscall(unix.SYS_SWAPON, uintptr(unsafe.Pointer(name)), 0, 0); number != 0 {
		return number
	}
	return nil
}
