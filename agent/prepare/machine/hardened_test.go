//go:build disk

package machine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAMachineIsHardened(t *testing.T) {
	facts, config := onDisks(t, Disk{Name: newDisk(t, 4*gibibyte), Size: 4 * gibibyte})
	run := program(t) // is undone after what is mounted on it
	steps, err := Plan(facts, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = exec.Command("swapoff", volume+"/swap").Run() })
	done, err := Run(t.Context(), steps, run)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range done {
		t.Logf("%-16s %8.1f ms %s", d.Step, float64(d.Took.Microseconds())/1000, d.Skipped)
	}
	if got, want := command(t, "stat", "-c", "%a %U", volume), "700 root"; got != want {
		t.Errorf("the volume: got %s, want %s", got, want)
	}
	flags := command(t, "findmnt", "-no", "OPTIONS", volume)
	for _, want := range []string{"nodev", "nosuid", "noatime", "nobarrier"} {
		if !strings.Contains(flags, want) {
			t.Errorf("the volume's flags: got %s, want %s among them", flags, want)
		}
	}
	if got := command(t, "swapon", "--show=NAME,SIZE", "--noheadings"); !strings.Contains(got, volume+"/swap 512M") {
		t.Errorf("swap: got %q, want %s/swap of 512 MiB", got, volume)
	}
	for path, want := range map[string]string{config.Work: "755 nobody", config.Places[0].Path: "1777 root", config.Places[1].Path: "751 root"} {
		if got := command(t, "stat", "-c", "%a %U", path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		flags := command(t, "findmnt", "-no", "OPTIONS", "--target", path)
		if !strings.Contains(flags, "nodev") || !strings.Contains(flags, "nosuid") {
			t.Errorf("%s: flags are %s, want nodev and nosuid among them", path, flags)
		}
		written := filepath.Join(path, "job's")
		if err := os.WriteFile(written, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(onVolume(path), "job's")); err != nil {
			t.Errorf("%s: what the job writes is not on the volume: %v", path, err)
		}
	}
	fresh, kept := filepath.Join(config.Places[0].Path, "image's"), filepath.Join(config.Places[1].Path, "image's")
	if _, err := os.Stat(fresh); err == nil {
		t.Errorf("%s: got that it is there, want an empty directory", fresh)
	}
	if got, err := os.ReadFile(kept); err != nil || string(got) != "image's" {
		t.Errorf("%s: got %q, %v, want what the image has there", kept, got, err)
	}
}

func TestWhatIsOnADiskIsNeverWrittenOver(t *testing.T) {
	for name, fill := range map[string]func(device string){
		"a file system":   func(device string) { command(t, "mkfs.ext4", "-q", device) },
		"swap":            func(device string) { command(t, "mkswap", device) },
		"partition table": func(device string) { command(t, "sh", "-c", "echo 'label: gpt' | sfdisk -q "+device) },
	} {
		t.Run(name, func(t *testing.T) {
			disk := newDisk(t, 64*mebibyte)
			fill("/dev/" + disk)
			facts, config := onDisks(t, Disk{Name: disk, Size: 64 * mebibyte})
			steps, err := Plan(facts, config)
			if err != nil {
				t.Fatal(err)
			}
			before := command(t, "sha256sum", "/dev/"+disk)
			done, err := Run(t.Context(), steps, program(t))
			if err == nil || !strings.Contains(err.Error(), "work volume: blkid -p /dev/"+disk+": there is something on it already") {
				t.Errorf("got %v, want that there is something on it", err)
			}
			if got, want := done[len(done)-1].Step, "work volume"; got != want {
				t.Errorf("the last step: got %s, want %s", got, want)
			}
			if after := command(t, "sha256sum", "/dev/"+disk); after != before {
				t.Error("the disk has changed")
			}
		})
	}
}

func TestTmpIsInMemory(t *testing.T) {
	facts, config := onDisks(t)
	config.Profile, config.Places, config.TmpSize = Compat, nil, 64*mebibyte
	tmp := t.TempDir()
	step := tmpStep(config)
	memory := step.Acts[0].(mount)
	memory.target = tmp
	step.Acts[0] = memory
	if _, err := Run(t.Context(), []Step{placesStep(facts, config), step}, Exec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(tmp, 0) })
	if got, want := command(t, "findmnt", "-bno", "FSTYPE,SIZE", tmp), "tmpfs 67108864"; strings.Join(strings.Fields(got), " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := command(t, "stat", "-c", "%a", tmp), "1777"; got != want {
		t.Errorf("mode: got %s, want %s", got, want)
	}
}

func TestThisMachinesRootIsNeverFree(t *testing.T) {
	facts, err := Look("/", "root")
	if err != nil {
		t.Fatal(err)
	}
	var root unix.Stat_t
	if err := unix.Stat("/", &root); err != nil {
		t.Fatal(err)
	}
	device := fmt.Sprintf("%d:%d", unix.Major(root.Dev), unix.Minor(root.Dev))
	for _, disk := range facts.Disks {
		parts, _ := filepath.Glob(filepath.Join(sysBlock, disk.Name, "*", "dev"))
		parts = append(parts, filepath.Join(sysBlock, disk.Name, "dev"))
		hasRoot := slices.ContainsFunc(parts, func(file string) bool {
			text, _ := os.ReadFile(file)
			return strings.TrimSpace(string(text)) == device
		})
		if hasRoot && disk.Serves == "" {
			t.Errorf("%s has the root, and is free to be written over", disk.Name)
		}
	}
}
