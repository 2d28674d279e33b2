package machine

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// cover puts a directory of the work volume over one of the root's: what is written there goes to
// the volume.
type cover struct {
	from string // on the volume
	path string
	keep bool // what is below shows through
}

// workSuffix is of the directory that overlayfs needs beside the one that it writes to.
const workSuffix = ".work"

func (c cover) String() string {
	if c.keep {
		return fmt.Sprintf("mount -t overlay -o nodev,nosuid,noatime,%s overlay %s", c.options(), c.path)
	}
	return fmt.Sprintf("mount --bind %s %s", c.from, c.path)
}

func (c cover) options() string {
	return fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", c.path, c.from, c.from+workSuffix)
}

func (c cover) do(context.Context, Program) error { return c.attach() }

// onVolume is where a place is on the work volume: /var/lib/docker in var-lib-docker.
func onVolume(path string) string {
	return filepath.Join(volume, strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"))
}
