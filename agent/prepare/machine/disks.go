package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sector is the unit of all sizes in sysfs, whatever the disk's own is.
// Source: the kernel's Documentation/ABI/stable/sysfs-block.
const sector = 512

// mounted is a file system in use.
type mounted struct {
	device     string // major:minor
	at         string
	options    string
	fileSystem string
}

// readMounts reads what is mounted. Source: man 5 proc_pid_mountinfo.
func readMounts(root string) ([]mounted, error) {
	text, err := os.ReadFile(root + "/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var all []mounted
	for line := range strings.Lines(string(text)) {
		before, after, found := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !found || len(left) < 6 || len(right) < 1 {
			return nil, fmt.Errorf("proc/self/mountinfo: %q is no mount", line)
		}
		all = append(all, mounted{device: left[2], at: left[4], options: left[5], fileSystem: right[0]})
	}
	return all, nil
}

// readDisks reads the disks that are hardware.
func readDisks(root string, mounts []mounted, swaps []string) ([]Disk, error) {
	block := root + "/sys/block"
	entries, err := os.ReadDir(block)
	if err != nil {
		return nil, err
	}
	var all []Disk
	for _, entry := range entries {
		dir := filepath.Join(block, entry.Name())
		if !there(dir, "device") || says(dir, "hidden", "1") {
			continue // loop devices, what is in memory, what is made of other disks, and paths to one
		}
		sectors, err := number(dir, "size")
		if err != nil {
			return nil, err
		}
		model, _ := os.ReadFile(dir + "/device/model") // a disk of virtio's has none
		all = append(all, Disk{
			Name: entry.Name(), Model: strings.TrimSpace(string(model)), Size: sectors * sector,
			Serves: serves(dir, mounts, swaps),
		})
	}
	return all, nil
}

func says(dir, file, want string) bool {
	text, err := os.ReadFile(filepath.Join(dir, file))
	return err == nil && strings.TrimSpace(string(text)) == want
}

// serves says what a disk is used for. Only one that is used for nothing may be written over.
func serves(dir string, mounts []mounted, swaps []string) string {
	partitions, _ := filepath.Glob(filepath.Join(dir, "*", "partition"))
	holders, _ := os.ReadDir(filepath.Join(dir, "holders"))
	device, _ := os.ReadFile(filepath.Join(dir, "dev"))
	at := slices.IndexFunc(mounts, func(m mounted) bool { return m.device == strings.TrimSpace(string(device)) })
	switch {
	case len(partitions) > 0:
		return "it has partitions"
	case len(holders) > 0:
		return holders[0].Name() + " is made of it"
	case at >= 0:
		return "it is mounted on " + mounts[at].at
	case slices.Contains(swaps, "/dev/"+filepath.Base(dir)):
		return "it is swap"
	case says(dir, "ro", "1"):
		return "it cannot be written"
	case says(dir, "removable", "1"):
		return "it can be taken out"
	}
	return ""
}

// readRoot reads where / is. A root that is on no device, such as an overlay, has no disk.
func readRoot(root string, mounts []mounted) (Root, error) {
	at := -1
	for n, m := range mounts {
		if m.at == "/" {
			at = n // the last is the one on top
		}
	}
	if at < 0 {
		return Root{}, errors.New("proc/self/mountinfo has no /")
	}
	found := Root{FileSystem: mounts[at].fileSystem, ReadOnly: slices.Contains(strings.Split(mounts[at].options, ","), "ro")}
	dir, err := filepath.EvalSymlinks(root + "/sys/dev/block/" + mounts[at].device)
	if err != nil || !there(dir, "partition") {
		return found, nil //nolint:nilerr // it is on no device, or on a whole one
	}
	partition, err := number(dir, "partition")
	if err != nil {
		return Root{}, err
	}
	found.Device, found.Disk, found.Partition = filepath.Base(dir), filepath.Base(filepath.Dir(dir)), strconv.FormatInt(partition, 10)
	found.Free, found.Last, err = behind(dir)
	return found, err
}

// behind is how much of a disk there is behind a partition, and whether that is all nobody's.
func behind(dir string) (free int64, last bool, err error) {
	start, errStart := number(dir, "start")
	size, errSize := number(dir, "size")
	whole, errWhole := number(filepath.Dir(dir), "size")
	if err := errors.Join(errStart, errSize, errWhole); err != nil {
		return 0, false, err
	}
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*", "start"))
	last = !slices.ContainsFunc(others, func(file string) bool {
		begins, err := number(file)
		return err != nil || begins > start
	})
	return (whole - start - size) * sector, last, nil
}
