package machine

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// aMachine is an instance of a good image, with a disk of instance storage.
func aMachine(change ...func(*Facts)) Facts {
	f := Facts{
		Disks: []Disk{
			{Name: "nvme0n1", Model: "Amazon Elastic Block Store", Size: 40 * gibibyte, Serves: "it has partitions"},
			{Name: "nvme1n1", Model: "Amazon EC2 NVMe Instance Storage", Size: 118 * gibibyte},
		},
		Root:   Root{Device: "nvme0n1p1", Disk: "nvme0n1", Partition: "1", FileSystem: "ext4", Last: true, Free: 20 * gibibyte},
		Memory: 8 * gibibyte, Threads: 32768, Crypt: true, Overlay: true,
		Programs: []string{"blkid", "cryptsetup", "growpart", "mkfs.ext4", "mkswap", "resize2fs", "useradd"},
		Runner:   &User{Name: "runner", UID: 1001, GID: 1001, Groups: []string{"runner", "docker"}, Home: "/home/runner"},
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func hardened() Config {
	return Config{Profile: Hardened, Runner: "runner", Work: "/work", Places: []Place{{Path: "/home/runner", Keep: true}, {Path: "/tmp"}}}
}

func compat() Config {
	c := hardened()
	c.Profile = Compat
	return c
}

// written is a plan as a person would type it.
func written(steps []Step) string {
	var text strings.Builder
	for _, step := range steps {
		if step.Skip != "" {
			text.WriteString(step.Name + ": skipped, " + step.Skip + "\n")
			continue
		}
		text.WriteString(step.Name + ":\n")
		for _, act := range step.Acts {
			text.WriteString("  " + act.String() + "\n")
		}
	}
	return text.String()
}

func TestWhatIsMadeOfAMachine(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		facts  Facts
		want   string
	}{
		"hardened": {hardened(), aMachine(), `user runner: skipped, it is there, with uid 1001
work volume:
  blkid -p /dev/nvme1n1
  cryptsetup open --batch-mode --type plain --cipher aes-xts-plain64 --key-size 512 --key-file - --sector-size 4096 --perf-no_read_workqueue --perf-no_write_workqueue /dev/nvme1n1 mayfly-work < 64 random bytes
  mkfs.ext4 -q -F -m 0 -O ^has_journal,^resize_inode,sparse_super2 -E nodiscard,lazy_itable_init=1,num_backup_sb=0 /dev/mapper/mayfly-work
  install -d -m 0700 -o root /mnt/mayfly
  mount -t ext4 -o nodev,nosuid,noatime,nobarrier,noinit_itable /dev/mapper/mayfly-work /mnt/mayfly
  install -d -m 0700 -o root /mnt/mayfly
swap:
  fallocate -l 4294967296 /mnt/mayfly/swap
  mkswap -q /mnt/mayfly/swap
  swapon /mnt/mayfly/swap
places:
  install -d -m 0755 -o runner /work
  mount --bind /mnt/mayfly/work /work
  mount -t overlay -o nodev,nosuid,noatime,lowerdir=/home/runner,upperdir=/mnt/mayfly/home-runner,workdir=/mnt/mayfly/home-runner.work overlay /home/runner
  mount --bind /mnt/mayfly/tmp /tmp
/tmp in memory: skipped, it is not asked for
root volume:
  growpart /dev/nvme0n1 1
  resize2fs /dev/nvme0n1p1
`},
		"compat": {compat(), aMachine(), `user runner: skipped, it is there, with uid 1001
work volume: skipped, profile compat works on the root volume
swap: skipped, profile compat leaves it to the image
places:
  install -d -m 0755 -o runner /work
/tmp in memory: skipped, it is not asked for
root volume:
  growpart /dev/nvme0n1 1
  resize2fs /dev/nvme0n1p1
`},
		"compat on a bare image": {
			Config{Profile: Compat, Runner: "runner", Work: "/work", TmpSize: gibibyte},
			aMachine(func(f *Facts) {
				f.Runner, f.Docker, f.Crypt, f.Overlay, f.Disks = nil, true, false, false, f.Disks[:1]
				f.Programs, f.Swaps = []string{"useradd"}, []string{"/swapfile"}
			}), `user runner:
  useradd --create-home --shell /bin/bash --uid 1001 --user-group --groups docker runner
  write /etc/sudoers.d/90-mayfly-runner, mode 0440
work volume: skipped, profile compat works on the root volume
swap: skipped, profile compat leaves it to the image
places:
  install -d -m 0755 -o runner /work
/tmp in memory:
  mount -t tmpfs -o nodev,nosuid,noatime,size=1073741824,mode=1777 tmpfs /tmp
root volume: skipped, growpart is not installed: apt-get install cloud-guest-utils
`},
	} {
		t.Run(name, func(t *testing.T) {
			steps, err := Plan(test.facts, test.config)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, written(steps)); diff != "" {
				t.Errorf("plan, want - got +:\n%s", diff)
			}
		})
	}
}

func TestNobodyIsRootInHardened(t *testing.T) {
	steps, err := Plan(aMachine(func(f *Facts) { f.Runner = nil }), hardened())
	if err != nil {
		t.Fatal(err)
	}
	want := "user runner:\n  useradd --create-home --shell /bin/bash --uid 1001 --user-group runner\nwork volume"
	if got := written(steps); !strings.HasPrefix(got, want) {
		t.Errorf("plan: got\n%s\nwant it to begin with\n%s", got, want)
	}
}

func TestHardenedIsKeptWholeOrNotAtAll(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Facts)
		err    string
	}{
		"no volume":         {func(f *Facts) { f.Disks = f.Disks[:1] }, "there is no volume to work on, only nvme0n1 (it has partitions): launch with a second volume"},
		"no dm-crypt":       {func(f *Facts) { f.Crypt = false }, "this kernel has no dm-crypt"},
		"no overlayfs":      {func(f *Facts) { f.Overlay = false }, "this kernel has no overlayfs"},
		"no cryptsetup":     {without("cryptsetup"), "cryptsetup is not installed: apt-get install cryptsetup-bin"},
		"no mkfs":           {without("mkfs.ext4"), "mkfs.ext4 is not installed: apt-get install e2fsprogs"},
		"no blkid":          {without("blkid"), "blkid is not installed: apt-get install util-linux"},
		"swap in the image": {func(f *Facts) { f.Swaps = []string{"/swapfile"} }, "/swapfile is swap already, and not encrypted"},
		"sudo":              {func(f *Facts) { f.Runner.Groups = []string{"runner", "sudo"} }, "user runner is in group sudo, which makes it root: gpasswd -d runner sudo"},
		"lxd":               {func(f *Facts) { f.Runner.Groups = []string{"lxd"} }, "user runner is in group lxd"},
		"root":              {func(f *Facts) { f.Runner.UID = 0 }, "user runner has uid 0"},
		"nobody to make it": {func(f *Facts) { f.Runner = nil; without("useradd")(f) }, "there is no user runner, and useradd is not installed"},
		"two things":        {func(f *Facts) { f.Crypt = false; f.Disks = nil }, "there is no volume to work on, only : launch with a second volume, or on a type with instance storage\nthis kernel has no dm-crypt"},
	} {
		t.Run(name, func(t *testing.T) {
			steps, err := Plan(aMachine(test.change), hardened())
			if err == nil || !strings.Contains(err.Error(), test.err) || steps != nil {
				t.Errorf("got %v, want %q and no steps", err, test.err)
			}
		})
	}
}

func without(program string) func(*Facts) {
	return func(f *Facts) {
		f.Programs = slices.DeleteFunc(slices.Clone(f.Programs), func(p string) bool { return p == program })
	}
}

func TestExtrasAreSkippedWithTheirReason(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Facts)
		want   string
	}{
		"a small volume":     {func(f *Facts) { f.Disks[1].Size = gibibyte }, "swap: skipped, there is room for no more than 128 MiB, which is not worth it\n"},
		"no mkswap":          {without("mkswap"), "swap: skipped, mkswap is not installed: apt-get install util-linux\n"},
		"much memory":        {func(f *Facts) { f.Memory = 768 * gibibyte }, "fallocate -l 8589934592 "},
		"a volume of 16 GiB": {func(f *Facts) { f.Disks[1].Size = 16 * gibibyte }, "fallocate -l 2147483648 "},
		"an overlay's root":  {func(f *Facts) { f.Root = Root{FileSystem: "overlay"} }, "root volume: skipped, it is on no partition\n"},
		"xfs":                {func(f *Facts) { f.Root.FileSystem = "xfs" }, "root volume: skipped, it is xfs, and only ext4 can be made larger here\n"},
		"read-only":          {func(f *Facts) { f.Root.ReadOnly = true }, "root volume: skipped, it is mounted read-only\n"},
		"not the last":       {func(f *Facts) { f.Root.Last = false }, "root volume: skipped, there is another partition behind it\n"},
		"no room":            {func(f *Facts) { f.Root.Free = mebibyte }, "root volume: skipped, it is as large as its disk\n"},
		"no resize2fs":       {without("resize2fs"), "root volume: skipped, resize2fs is not installed: apt-get install e2fsprogs\n"},
	} {
		t.Run(name, func(t *testing.T) {
			steps, err := Plan(aMachine(test.change), hardened())
			if err != nil {
				t.Fatal(err)
			}
			if got := written(steps); !strings.Contains(got, test.want) {
				t.Errorf("plan: got\n%s\nwant in it\n%s", got, test.want)
			}
		})
	}
}

func TestTheDiskToWorkOn(t *testing.T) {
	const storage, ebs = "Amazon EC2 NVMe Instance Storage", "Amazon Elastic Block Store"
	for name, test := range map[string]struct {
		disks []Disk
		want  string
	}{
		"the free one":             {[]Disk{{"nvme0n1", ebs, 9, "it has partitions"}, {"nvme1n1", ebs, 8, ""}}, "nvme1n1"},
		"the host's before EBS's":  {[]Disk{{"nvme1n1", ebs, 9, ""}, {"nvme2n1", storage, 8, ""}}, "nvme2n1"},
		"the largest of the host":  {[]Disk{{"nvme1n1", storage, 8, ""}, {"nvme2n1", storage, 9, ""}}, "nvme2n1"},
		"the first of equals":      {[]Disk{{"nvme2n1", storage, 8, ""}, {"nvme1n1", storage, 8, ""}}, "nvme1n1"},
		"whatever is in use never": {[]Disk{{"nvme1n1", storage, 9, "it is swap"}, {"vdb", "", 1, ""}}, "vdb"},
	} {
		if got, err := freeDisk(test.disks); err != nil || got.Name != test.want {
			t.Errorf("%s: got %s, %v, want %s", name, got.Name, err, test.want)
		}
	}
}

func TestAPlanIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		err    string
	}{
		"no profile":         {Config{Runner: "runner", Work: "/work"}, `profile is "", known are "compat" and "hardened"`},
		"another profile":    {Config{Profile: "soft", Runner: "runner", Work: "/work"}, `profile is "soft"`},
		"no user":            {Config{Profile: Compat, Work: "/work"}, `the runner's user is "": a job needs a user of its own`},
		"root":               {Config{Profile: Compat, Runner: "root", Work: "/work"}, `the runner's user is "root"`},
		"no directory":       {Config{Profile: Compat, Runner: "runner"}, `mount on "": use a path from /`},
		"a negative /tmp":    {Config{Profile: Compat, Runner: "runner", Work: "/work", TmpSize: -1}, "/tmp is to have -1 bytes"},
		"a place of /tmp":    {Config{Profile: Compat, Runner: "runner", Work: "/work", TmpSize: 1, Places: []Place{{Path: "/tmp"}}}, `mount on "/tmp": one would hide the other, /tmp`},
		"a place that is it": {Config{Profile: Compat, Runner: "runner", Work: "/work", Places: []Place{{Path: "/work/cache"}}}, `mount on "/work/cache": one would hide the other, /work`},
	} {
		if _, err := Plan(aMachine(), test.config); err == nil || !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %v, want %q", name, err, test.err)
		}
	}
}

func TestSomeOfTheMachineIsTheAgents(t *testing.T) {
	for _, test := range []struct {
		memory  int64
		threads int
		want    Limits
	}{
		{1 * gibibyte, 7000, Limits{PIDs: 7000 - 437, Memory: 896 * mebibyte}},
		{8 * gibibyte, 32768, Limits{PIDs: 32768 - 2048, Memory: 7.5 * gibibyte}},
		{768 * gibibyte, 4194304, Limits{PIDs: 4194304 - 262144, Memory: 767 * gibibyte}},
		{512 * mebibyte, 2000, Limits{PIDs: 2000 - 256, Memory: 384 * mebibyte}},
	} {
		if got := limits(Facts{Memory: test.memory, Threads: test.threads}); got != test.want {
			t.Errorf("%d bytes, %d threads: got %+v, want %+v", test.memory, test.threads, got, test.want)
		}
	}
}
