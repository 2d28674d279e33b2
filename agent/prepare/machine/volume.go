package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	volume = "/mnt/mayfly" // where the work volume is mounted; nobody but root gets in
	mapped = "mayfly-work" // what device mapper calls it

	gibibyte  = 1 << 30
	mostSwap  = 8 * gibibyte
	leastSwap = gibibyte / 4
)

// instanceStorage is in the model of a disk that is in the host itself.
// Source: docs.aws.amazon.com, EC2 User Guide, "Identify and map NVMe instance store volumes".
const instanceStorage = "Instance Storage"

// freeDisk is the disk to work on: one that is used for nothing, those in the host first, then the
// largest. The root's is never free.
func freeDisk(disks []Disk) (Disk, error) {
	var free []Disk
	used := make([]string, 0, len(disks))
	for _, d := range disks {
		if d.Serves == "" {
			free = append(free, d)
		}
		used = append(used, d.Name+" ("+d.Serves+")")
	}
	if len(free) == 0 {
		return Disk{}, fmt.Errorf("there is no volume to work on, only %s: launch with a second volume, or on a type with instance storage", strings.Join(used, ", "))
	}
	return slices.MinFunc(free, func(a, b Disk) int {
		inHost := func(d Disk) int {
			if strings.Contains(d.Model, instanceStorage) {
				return 0
			}
			return 1
		}
		return cmp.Or(inHost(a)-inHost(b), cmp.Compare(b.Size, a.Size), strings.Compare(a.Name, b.Name))
	}), nil
}

// fileSystem is what the volume has and has not. What does not have to outlive the job costs nothing:
// no journal, no copies of the superblock, no room to grow.
const fileSystem = "^has_journal,^resize_inode,sparse_super2"

// volumeStep makes the work volume anew, at every boot, with a key that is nowhere but in the
// kernel: no discards, no waiting for the disk, no inodes written ahead. What is found on the disk is
// never written over.
func volumeStep(c Config, work Disk) Step {
	if c.Profile != Hardened {
		return Step{Name: "work volume", Skip: "profile compat works on the root volume"}
	}
	disk, device := "/dev/"+work.Name, "/dev/mapper/"+mapped
	return Step{Name: "work volume", Acts: []Act{
		Command{Args: []string{"blkid", "-p", disk}, Fails: true},
		Command{Key: 64, Args: []string{
			"cryptsetup", "open", "--batch-mode", "--type", "plain", "--cipher", "aes-xts-plain64", "--key-size", "512", "--key-file", "-",
			"--sector-size", "4096", "--perf-no_read_workqueue", "--perf-no_write_workqueue", disk, mapped,
		}},
		Command{Args: []string{"mkfs.ext4", "-q", "-F", "-m", "0", "-O", fileSystem, "-E", "nodiscard,lazy_itable_init=1,num_backup_sb=0", device}},
		makeDir{volume, 0o700, nil},
		mount{device, volume, "ext4", "nobarrier,noinit_itable"},
		makeDir{volume, 0o700, nil}, // what is mounted there has a mode of its own
	}}
}

// swapStep makes swap on the work volume: half the memory, and at most an eighth of the volume.
func swapStep(f Facts, c Config, work Disk) Step {
	step := Step{Name: "swap"}
	size := min(f.Memory/2, work.Size/8, mostSwap) / mebibyte * mebibyte
	switch {
	case c.Profile != Hardened:
		step.Skip = "profile compat leaves it to the image"
	case size < leastSwap:
		step.Skip = fmt.Sprintf("there is room for no more than %d MiB, which is not worth it", size/mebibyte)
	default:
		step.Skip = f.lacks("mkswap")
	}
	file := volume + "/swap"
	step.Acts = []Act{swapFile{file, size}, Command{Args: []string{"mkswap", "-q", file}}, swapOn{file}}
	return step.whole()
}

// whole is a step with nothing to do, if it is skipped.
func (s Step) whole() Step {
	if s.Skip != "" {
		s.Acts = nil
	}
	return s
}
