package machine

// Facts are what a plan depends on.
type Facts struct {
	Disks    []Disk
	Root     Root
	Swaps    []string // devices and files in use as swap
	Memory   int64    // bytes
	Threads  int      // that the kernel lets there be, processes included
	Crypt    bool     // whether the kernel can encrypt a disk: dm-crypt
	Overlay  bool     // whether it knows overlayfs
	Programs []string // of those that a plan may call, the ones that are there
	Runner   *User    // nil if there is no such user
	Docker   bool     // whether there is a group docker
}

// Disk is a whole disk: no partition, no loop device, nothing in memory.
type Disk struct {
	Name   string // such as nvme1n1
	Model  string // as the disk says, such as "Amazon EC2 NVMe Instance Storage"
	Size   int64  // bytes
	Serves string // what it is used for already, such as "it has partitions"; empty if for nothing
}

// Root is where / is.
type Root struct {
	Device     string // such as nvme0n1p1
	Disk       string // such as nvme0n1; empty if / is on a whole disk
	Partition  string // its number on that disk
	FileSystem string
	ReadOnly   bool
	Last       bool  // whether no other partition begins after it
	Free       int64 // bytes of the disk behind it
}

// User is who the job runs as.
type User struct {
	Name   string
	UID    int
	GID    int
	Groups []string // names of all its groups, its first included
	Home   string
}

// Limits are how much of the machine the runner and all that it starts may have: the rest is for the
// agent, which must be able to tell how the job ended.
type Limits struct {
	PIDs   int
	Memory int64 // bytes
}

const mebibyte = 1 << 20

// limits leave a sixteenth of the machine, and at least what the agent, systemd and a login need.
func limits(f Facts) Limits {
	return Limits{
		PIDs:   f.Threads - max(256, f.Threads/16),
		Memory: f.Memory - min(max(128*mebibyte, f.Memory/16), 1024*mebibyte),
	}
}
