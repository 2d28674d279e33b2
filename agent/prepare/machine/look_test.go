package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func makeLink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// newRoot is an instance's / with these files beside those that every one has. An empty one is taken away.
func newRoot(t *testing.T, change map[string]string) string {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{
		"proc/self/mountinfo": "22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw,discard\n" +
			"23 22 0:21 / /proc rw,nosuid - proc proc rw\n",
		"proc/swaps":                        "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 100 0 5\n",
		"proc/meminfo":                      "MemTotal:        8000000 kB\nMemFree:         7000000 kB\n",
		"proc/filesystems":                  "nodev\tproc\n\text4\n",
		"proc/sys/kernel/threads-max":       "61000\n",
		"proc/sys/kernel/pid_max":           "32768\n",
		"proc/sys/kernel/osrelease":         "6.8.0-aws\n",
		"lib/modules/6.8.0-aws/modules.dep": "kernel/drivers/md/dm-crypt.ko.zst: kernel/lib/x.ko.zst\nkernel/fs/overlayfs/overlay.ko.zst:\n",
		"usr/sbin/cryptsetup":               "x",
		"usr/bin/growpart":                  "x",

		"sys/block/nvme0n1/device/model":         "Amazon Elastic Block Store\n",
		"sys/block/nvme0n1/size":                 "83886080\n",
		"sys/block/nvme0n1/dev":                  "259:0\n",
		"sys/block/nvme0n1/nvme0n1p1/partition":  "1\n",
		"sys/block/nvme0n1/nvme0n1p1/start":      "2099200\n",
		"sys/block/nvme0n1/nvme0n1p1/size":       "16777216\n",
		"sys/block/nvme0n1/nvme0n1p14/partition": "14\n",
		"sys/block/nvme0n1/nvme0n1p14/start":     "2048\n",
		"sys/block/nvme0n1/nvme0n1p14/size":      "8192\n",
		"sys/block/nvme1n1/device/model":         "Amazon EC2 NVMe Instance Storage\n",
		"sys/block/nvme1n1/size":                 "230686720\n",
		"sys/block/nvme1n1/dev":                  "259:5\n",
		"sys/block/loop0/size":                   "100\n",
		"sys/block/loop0/dev":                    "7:0\n",
	}
	for name, text := range change {
		files[name] = text
	}
	for name, text := range files {
		if text == "" {
			continue
		}
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	makeLink(t, "../../block/nvme0n1/nvme0n1p1", root+"/sys/dev/block/259:1")
	makeLink(t, "../../block/nvme1n1", root+"/sys/dev/block/259:5")
	return root
}

func TestWhatAMachineHas(t *testing.T) {
	got, err := Look(newRoot(t, nil), "no-such-user")
	if err != nil {
		t.Fatal(err)
	}
	want := Facts{
		Disks: []Disk{
			{Name: "nvme0n1", Model: "Amazon Elastic Block Store", Size: 40 * gibibyte, Serves: "it has partitions"},
			{Name: "nvme1n1", Model: "Amazon EC2 NVMe Instance Storage", Size: 110 * gibibyte},
		},
		Root:   Root{Device: "nvme0n1p1", Disk: "nvme0n1", Partition: "1", FileSystem: "ext4", Last: true, Free: (83886080 - 2099200 - 16777216) * 512},
		Memory: 8000000 << 10, Threads: 32768, Crypt: true, Overlay: true, Programs: []string{"cryptsetup", "growpart"},
		Docker: got.Docker, // this machine's
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts, want - got +:\n%s", diff)
	}
}

func TestADiskThatServesIsNotFree(t *testing.T) {
	const mounts = "22 1 259:1 / / rw - ext4 /dev/root rw\n"
	for want, change := range map[string]map[string]string{
		"it has partitions":      {"sys/block/nvme1n1/nvme1n1p1/partition": "1\n"},
		"dm-0 is made of it":     {"sys/block/nvme1n1/holders/dm-0/dev": "253:0\n"},
		"it is mounted on /data": {"proc/self/mountinfo": mounts + "30 22 259:5 / /data rw shared:7 - xfs /dev/nvme1n1 rw\n"},
		"it is swap":             {"proc/swaps": "Filename\n/dev/nvme1n1 partition 100 0 -2\n"},
		"it cannot be written":   {"sys/block/nvme1n1/ro": "1\n"},
		"it can be taken out":    {"sys/block/nvme1n1/removable": "1\n"},
		"":                       {"sys/block/nvme1n1/ro": "0\n", "sys/block/nvme1n1/removable": "0\n"},
	} {
		f, err := Look(newRoot(t, change), "no-such-user")
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Disks[1].Serves; got != want {
			t.Errorf("with %v: got %q, want %q", change, got, want)
		}
	}
}

func TestWhatAKernelKnows(t *testing.T) {
	const modules = "lib/modules/6.8.0-aws/"
	for name, test := range map[string]struct {
		change         map[string]string
		crypt, overlay bool
	}{
		"nothing":              {map[string]string{modules + "modules.dep": ""}, false, false},
		"another one's":        {map[string]string{"proc/sys/kernel/osrelease": "6.9.0\n"}, false, false},
		"built in":             {map[string]string{modules + "modules.dep": "", modules + "modules.builtin": "kernel/drivers/md/dm-crypt.ko\n"}, true, false},
		"loaded":               {map[string]string{modules + "modules.dep": "", "sys/module/dm_crypt/refcnt": "0\n", "proc/filesystems": "nodev\toverlay\n"}, true, true},
		"one with a like name": {map[string]string{modules + "modules.dep": "kernel/x/my-dm-crypt.ko:\n"}, false, false},
	} {
		f, err := Look(newRoot(t, test.change), "no-such-user")
		if err != nil || f.Crypt != test.crypt || f.Overlay != test.overlay {
			t.Errorf("%s: got %v, %v, %v, want %v and %v", name, f.Crypt, f.Overlay, err, test.crypt, test.overlay)
		}
	}
}

func TestWhereTheRootIs(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]string
		want   func(*Root)
	}{
		"an overlay":     {map[string]string{"proc/self/mountinfo": "22 1 0:30 / / rw - overlay overlay rw\n"}, func(r *Root) { *r = Root{FileSystem: "overlay"} }},
		"a whole disk":   {map[string]string{"proc/self/mountinfo": "22 1 259:5 / / ro - ext4 /dev/x rw\n"}, func(r *Root) { *r = Root{FileSystem: "ext4", ReadOnly: true} }},
		"a second mount": {map[string]string{"proc/self/mountinfo": "1 1 0:2 / / rw - rootfs rootfs rw\n22 1 259:1 / / rw - ext4 /dev/root rw\n"}, func(*Root) {}},
		"not the last":   {map[string]string{"sys/block/nvme0n1/nvme0n1p14/start": "99000000\n"}, func(r *Root) { r.Last = false }},
	} {
		want := Root{Device: "nvme0n1p1", Disk: "nvme0n1", Partition: "1", FileSystem: "ext4", Last: true, Free: (83886080 - 2099200 - 16777216) * 512}
		test.want(&want)
		f, err := Look(newRoot(t, test.change), "no-such-user")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Root); diff != "" {
			t.Errorf("%s: root, want - got +:\n%s", name, diff)
		}
	}
}

func TestAMachineThatCannotBeReadIsAnError(t *testing.T) {
	for file, text := range map[string]string{
		"proc/self/mountinfo":              "22 1 259:1 /\n",
		"proc/meminfo":                     "MemFree: 1 kB\n",
		"proc/sys/kernel/pid_max":          "many\n",
		"sys/block/nvme1n1/size":           "large\n",
		"sys/block/nvme0n1/nvme0n1p1/size": "large\n",
	} {
		for _, change := range []string{text, ""} {
			if change == "" && strings.HasPrefix(file, "sys/block/nvme0n1/") {
				continue
			}
			if _, err := Look(newRoot(t, map[string]string{file: change}), "no-such-user"); err == nil {
				t.Errorf("%s is %q: got no error", file, change)
			}
		}
	}
}

func TestAUserOfThisMachine(t *testing.T) {
	got, err := findUser("root")
	if err != nil || got == nil || got.UID != 0 || len(got.Groups) == 0 || got.Home == "" {
		t.Errorf("got %+v, %v, want root, with its groups and its home", got, err)
	}
	if got, err := findUser("no-such-user"); err != nil || got != nil {
		t.Errorf("got %+v, %v, want none", got, err)
	}
}
