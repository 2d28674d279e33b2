package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Look reads what the machine has. What the kernel tells is below the directory root.
func Look(root, runner string) (Facts, error) {
	mounts, err := readMounts(root)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Programs: programs(root), Crypt: knows(root, "dm-crypt"), Overlay: knows(root, "overlay")}
	f.Swaps, err = swaps(root)
	if err != nil {
		return Facts{}, err
	}
	if f.Disks, err = readDisks(root, mounts, f.Swaps); err != nil {
		return Facts{}, err
	}
	if f.Root, err = readRoot(root, mounts); err != nil {
		return Facts{}, err
	}
	if f.Memory, err = memory(root); err != nil {
		return Facts{}, err
	}
	if f.Threads, err = threads(root); err != nil {
		return Facts{}, err
	}
	_, err = user.LookupGroup("docker")
	f.Docker = err == nil
	f.Runner, err = findUser(runner)
	return f, err
}

func findUser(name string) (*User, error) {
	found, err := lookUser(name)
	var unknown user.UnknownUserError
	switch {
	case errors.As(err, &unknown):
		return nil, nil //nolint:nilnil // that there is none is an answer
	case err != nil:
		return nil, err
	}
	return &found, nil
}

func there(root, file string) bool {
	_, err := os.Stat(filepath.Join(root, file))
	return err == nil
}

// programs are those that a plan may call and that the machine has.
func programs(root string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(packages)), func(name string) bool {
		return !slices.ContainsFunc(filepath.SplitList(path), func(dir string) bool { return there(root, filepath.Join(dir, name)) })
	})
}

// swaps are what is swap, but for what compresses memory.
func swaps(root string) ([]string, error) {
	text, err := os.ReadFile(root + "/proc/swaps")
	if errors.Is(err, fs.ErrNotExist) { // a kernel without swap
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []string
	_, lines, _ := strings.Cut(string(text), "\n") // the first is the heading
	for line := range strings.Lines(lines) {
		if name := strings.Fields(line)[0]; !strings.HasPrefix(name, "/dev/zram") {
			all = append(all, name)
		}
	}
	return all, nil
}

// knows says whether the kernel has something in it, or as a module that it loads when it is used.
func knows(root, module string) bool {
	if there(root, "sys/module/"+strings.ReplaceAll(module, "-", "_")) {
		return true
	}
	release, _ := os.ReadFile(root + "/proc/sys/kernel/osrelease")
	for _, list := range []string{"modules.builtin", "modules.dep"} {
		modules, _ := os.ReadFile(root + "/lib/modules/" + strings.TrimSpace(string(release)) + "/" + list) //nolint:gosec // the kernel says what its release is
		if strings.Contains(string(modules), "/"+module+".ko") {
			return true
		}
	}
	fileSystems, _ := os.ReadFile(root + "/proc/filesystems") // a kernel without any list of modules
	return strings.Contains(string(fileSystems), "\t"+module+"\n")
}

// memory is all of it, in bytes.
func memory(root string) (int64, error) {
	text, err := os.ReadFile(root + "/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if amount, found := strings.CutPrefix(line, "MemTotal:"); found {
			amount = strings.TrimSuffix(strings.TrimSpace(amount), " kB")
			kibibytes, err := strconv.ParseInt(amount, 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, errors.New("proc/meminfo has no MemTotal")
}

// threads is how many the kernel lets there be: by number, and by memory.
func threads(root string) (int, error) {
	most, err := number(root, "proc/sys/kernel/threads-max")
	if err != nil {
		return 0, err
	}
	ids, err := number(root, "proc/sys/kernel/pid_max")
	return int(min(most, ids)), err
}

// number reads a file that has one number in it.
func number(parts ...string) (int64, error) {
	file := filepath.Join(parts...)
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	return n, nil
}
