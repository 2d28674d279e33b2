// Package units is the agent's part of an instance's systemd: the agent itself, and what ends the
// machine when the agent does not.
package units

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	// directory is where units are that come with no package of the distribution.
	directory = "/etc/systemd/system"
	deadline  = "/run/mayfly/deadline"
)

//go:embed *.service *.timer *.path *.d
var files embed.FS

// Install writes the units of the machine with this root, which is "" for this one. systemd has to be told to read them.
func Install(root string) error {
	to := root + directory
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // systemd's own are as open
			return err
		}
		return os.WriteFile(path, text, 0o644) //nolint:gosec // systemd's own are as open
	})
	if err != nil {
		return fmt.Errorf("install systemd's units: %w", err)
	}
	return nil
}

// SetDeadline has systemd end the machine with this root after a time, whatever becomes of the agent.
func SetDeadline(root string, after time.Duration) error {
	path := root + deadline
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		// systemd acts as soon as it sees the file, so it has to be whole by then.
		err = os.WriteFile(path+".new", []byte(strconv.Itoa(int(after.Seconds()))+"\n"), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("set the machine's deadline: %w", err)
	}
	return nil
}
