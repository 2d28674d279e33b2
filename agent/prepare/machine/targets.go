package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// protected are directories that nothing is mounted on or in: with something else in their place the
// machine is another one, or the agent is.
var protected = []string{
	"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt/mayfly", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
	"/var/lib/mayfly", volume,
}

// above are directories that nothing is mounted on, for what they hold; in them there may be mounts.
var above = []string{"/", "/home", "/mnt", "/opt", "/srv", "/var", "/var/cache", "/var/lib", "/var/lock", "/var/log", "/var/spool"}

// checkTargets sees that something may be mounted on each of these directories. Names are compared in
// small letters: there are file systems that do so, too. resolve follows symbolic links, and is
// filepath.EvalSymlinks but in tests.
func checkTargets(targets []string, resolve func(string) (string, error)) error {
	var all []error
	var seen []string
	for _, target := range targets {
		actual, err := checkTarget(target, resolve)
		if err != nil {
			all = append(all, fmt.Errorf("mount on %q: %w", target, err))
			continue
		}
		for _, other := range seen {
			if inside(actual, other) || inside(other, actual) {
				all = append(all, fmt.Errorf("mount on %q: one would hide the other, %s", target, other))
			}
		}
		seen = append(seen, actual)
	}
	return errors.Join(all...)
}

// checkTarget is where a target really is, in small letters.
func checkTarget(target string, resolve func(string) (string, error)) (string, error) {
	switch {
	case !filepath.IsAbs(target):
		return "", errors.New("use a path from /")
	case slices.Contains(strings.Split(target, "/"), ".."):
		return "", errors.New(`use a path without ".."`)
	case strings.ContainsFunc(target, odd):
		return "", errors.New(`use a path without blanks, control characters, ",", ":" and "\"`)
	}
	actual, err := follow(filepath.Clean(target), resolve)
	if err != nil {
		return "", err
	}
	for _, path := range []string{filepath.Clean(target), actual} {
		path = strings.ToLower(path)
		if slices.Contains(above, path) || slices.ContainsFunc(protected, func(p string) bool { return inside(path, p) }) {
			return "", fmt.Errorf("%s belongs to the system: use another directory", path)
		}
	}
	return strings.ToLower(actual), nil
}

// odd are characters that mean something in the options of a mount, or are not seen.
func odd(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`,:\`, r) }

// inside says whether a path is another or below it.
func inside(path, other string) bool { return path == other || strings.HasPrefix(path, other+"/") }

// follow resolves the links in as much of a path as there is.
func follow(path string, resolve func(string) (string, error)) (string, error) {
	actual, err := resolve(path)
	if err == nil || path == "/" || !errors.Is(err, fs.ErrNotExist) {
		return actual, err
	}
	parent, err := follow(filepath.Dir(path), resolve)
	return filepath.Join(parent, filepath.Base(path)), err
}
