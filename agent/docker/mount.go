package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// sensitive are directories of the host from which a container could become root there, or read what is
// root's: no policy may give them to jobs.
var sensitive = []string{
	"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/opt/mayfly", "/proc", "/root", "/run", "/sbin", "/snap", "/sys",
	"/usr", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool",
}

// socketPath is where Docker listens; the second is what the first is, on a Linux of today.
var socketPath = []string{"/var/run/docker.sock", "/run/docker.sock"}

// resolve undoes all symbolic links on the way to a path. What is not there yet Docker would make, where
// the part that is there leads to.
func resolve(name string) (string, error) {
	resolved, err := filepath.EvalSymlinks(name)
	if err == nil || name == "/" {
		return resolved, err
	}
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: it leads nowhere", name)
	}
	parent, err := resolve(filepath.Dir(name))
	if err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(name)), nil
}

// checkRoot checks a directory that may be mounted: neither it nor what is below it may be sensitive,
// in whatever case it is written.
func checkRoot(root string, resolve func(string) (string, error)) (string, error) {
	if !path.IsAbs(root) || path.Clean(root) != root {
		return "", fmt.Errorf("%q: give an absolute path, without a slash at its end", root)
	}
	resolved, err := resolve(root)
	if err != nil {
		return "", fmt.Errorf("%q: %w", root, err)
	}
	for _, asked := range []string{root, resolved} {
		for _, kept := range sensitive {
			lower := strings.ToLower(asked)
			if isWithin(lower, kept) || isWithin(kept, lower) {
				return "", fmt.Errorf("%q: it has to do with %s, which is the host's own: give a directory of the job's", root, kept)
			}
		}
	}
	return resolved, nil
}

func isWithin(name, directory string) bool {
	return name == directory || directory == "/" || strings.HasPrefix(name, directory+"/")
}

// source judges a path of the host's that is to be mounted.
func (p *Policy) source(name, asked string) error {
	refusal := &RefusedError{"mounts", fmt.Sprintf("%s mounts %.200q", name, asked), p.mountable()}
	if slices.Contains(socketPath, asked) {
		if p.Socket {
			return nil
		}
		refusal.Fix = "do without Docker in a container, or ask the stack's operator to allow its socket"
		return refusal
	}
	if !path.IsAbs(asked) || slices.Contains(strings.Split(asked, "/"), "..") || strings.ContainsRune(asked, 0) {
		return refusal
	}
	resolved, err := p.resolve(path.Clean(asked))
	if err != nil {
		return refusal
	}
	if slices.ContainsFunc(p.Mounts, func(root string) bool { return isWithin(resolved, root) }) {
		return nil
	}
	return refusal
}

func (p *Policy) mountable() string {
	if len(p.Mounts) == 0 {
		return "this stack lets jobs mount nothing of the host: use a volume"
	}
	return "use a volume, or what is below " + strings.Join(p.Mounts, " or ") + ", without .."
}

// bindOptions are what may stand behind the second colon of a bind.
var bindOptions = []string{"", "ro", "rw", "z", "Z", "nocopy", "private", "rprivate", "cached", "delegated", "consistent"}

// volumeName is the name of a volume, where a path of the host's might stand.
// Source: github.com/moby/moby, volume/mounts and daemon/names: RestrictedNameChars.
var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)

// binds judges HostConfig.Binds, each as source:target:options.
func (p *Policy) binds(name string, value any) error {
	binds, is := texts(value)
	if !is {
		return wrongType(name, "a list of strings")
	}
	for _, bind := range binds {
		source, rest, _ := strings.Cut(bind, ":")
		_, options, _ := strings.Cut(rest, ":")
		for option := range strings.SplitSeq(options, ",") {
			if !slices.Contains(bindOptions, option) {
				return &RefusedError{"mounts", fmt.Sprintf("%s has the option %.50q", name, option), "leave it out"}
			}
		}
		if volumeName.MatchString(source) {
			continue
		}
		if err := p.source(name, source); err != nil {
			return err
		}
	}
	return nil
}

// mountFields are those of each mount.
var mountFields = known(
	free("Target", "ReadOnly", "Consistency", "TmpfsOptions", "Source"),
	among("mounts", "use bind, volume or tmpfs", "Type", "bind", "volume", "tmpfs"),
	within("BindOptions", known(
		free("NonRecursive", "CreateMountpoint", "ReadOnlyNonRecursive", "ReadOnlyForceRecursive"),
		among("mounts", "leave out bind-propagation", "Propagation", "private", "rprivate"))),
	within("VolumeOptions", known(free("NoCopy", "Labels", "Subpath"),
		within("DriverConfig", known(driver("Name"), driverOptions("Options"))))),
)

// mounts judges HostConfig.Mounts.
func (p *Policy) mounts(name string, value any) error {
	list, is := value.([]any)
	if value != nil && !is {
		return wrongType(name, "a list")
	}
	for _, item := range list {
		mount, is := item.(object)
		if !is {
			return wrongType(name, "a list of objects")
		}
		values, err := mountFields.judge(p, name+".", mount)
		if err != nil {
			return err
		}
		source, isText := values[fold("Source")].(string)
		if !isText && values[fold("Source")] != nil {
			return wrongType(name+".Source", "a string")
		}
		// Docker reads the type as it stands, and one that is missing is none it knows.
		if values[fold("Type")] == "volume" && volumeName.MatchString(source) || source == "" && values[fold("Type")] != "bind" {
			continue
		}
		if err := p.source(name, source); err != nil {
			return err
		}
	}
	return nil
}
