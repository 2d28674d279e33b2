//go:build vm || image

package vmtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Where the script that runs the tests has put what is tested, and where it wants to find what is left.
var (
	Trees    = os.Getenv("MAYFLY_VM_TREES")
	Binaries = os.Getenv("MAYFLY_VM_BIN")
	keep     = os.Getenv("MAYFLY_VM_KEEP")
)

// longest is how long a machine may be on. Each ends by itself long before, if little else runs here.
const longest = 10 * time.Minute

// poweredOff is the kernel's last line before the power is gone. Source: linux, kernel/reboot.c.
const poweredOff = "reboot: Power down"

// Machine is a machine that was on.
type Machine struct {
	Console string
	Disk    string        // path
	On      time.Duration // from power-on to power-off
}

// The processors: two that are as fast as they can be, or one that needs two nanoseconds of the
// machine's time for an instruction, however long that takes here.
var (
	quick   = []string{"-accel", "tcg,thread=multi", "-smp", "2"}
	counted = []string{"-accel", "tcg,thread=single", "-icount", "shift=1,sleep=on", "-smp", "1"}
)

// second is a second disk, as an instance of the profile hardened has one.
func second(path string) []string {
	return []string{"-drive", "file=" + path + ",format=raw,if=none,id=work,cache=unsafe", "-device", "nvme,drive=work,serial=vol2"}
}

// boot turns a machine on and waits for it to go off. Its root is on NVMe as EC2's is, its kernel is
// started directly, and nothing but the agent may turn it off in time. The kernel is told what is in kernel, and what the
// machine has besides is extra.
func boot(ctx context.Context, t *testing.T, disk, kernel string, extra []string) Machine {
	t.Helper()
	console := filepath.Join(keep, strings.ReplaceAll(t.Name(), "/", "-")+"-"+strings.TrimSuffix(filepath.Base(disk), ".img")+".console")
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	qemu := exec.CommandContext(ctx, "qemu-system-x86_64", slices.Concat([]string{
		"-machine", "q35,sata=off", "-cpu", "qemu64", "-m", "1024",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-smbios", "type=1,manufacturer=Amazon EC2,product=m7i.large,uuid=ec2e1916-9099-7caf-fd21-012345abcdef,serial=ec2e1916-9099-7caf-fd21-012345abcdef",
		"-kernel", filepath.Join(Trees, "vmlinuz"),
		"-append", "root=/dev/nvme0n1 console=ttyS0 panic=-1 net.ifnames=0 " + kernel,
		"-drive", "file=" + disk + ",format=raw,if=none,id=root,cache=unsafe", "-device", "nvme,drive=root,serial=vol1",
		"-netdev", "tap,id=cable,ifname=" + tap + ",script=no,downscript=no", "-device", "virtio-net-pci,netdev=cable,romfile=",
		"-serial", "file:" + console,
	}, extra)...)
	began := time.Now()
	output, err := qemu.CombinedOutput()
	m := Machine{Disk: disk, On: time.Since(began)}
	text, readErr := os.ReadFile(console)
	Must(t, readErr)
	m.Console = string(text)
	if err != nil || !strings.Contains(m.Console, poweredOff) {
		kept := strings.TrimSuffix(console, ".console") + ".img"
		Run(t, "cp", "--sparse=always", disk, kept)
		t.Errorf("after %v the machine did not power itself off: %v %s; its disk is %s, its journal there in /var/log/journal; its console's end:\n%s",
			m.On.Round(time.Second), err, output, kept, End(m.Console))
	}
	return m
}

// End is the end of a console.
func End(text string) string { return text[max(0, len(text)-3000):] }
