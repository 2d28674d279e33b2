package boot

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// madeAt is when a file was made. Not every file system knows; that of /run does since Linux 6.1.
func madeAt(path string) (time.Time, error) {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME, &stat); err != nil {
		return time.Time{}, &os.PathError{Op: "statx", Path: path, Err: err}
	}
	if stat.Mask&unix.STATX_BTIME == 0 {
		return time.Time{}, fmt.Errorf("%s: this file system does not know when it was made", path)
	}
	return time.Unix(stat.Btime.Sec, int64(stat.Btime.Nsec)), nil
}
