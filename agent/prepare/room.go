// Package prepare makes the place in which the runner works: a directory and an environment.
package prepare

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Room is the directory that one runner works in.
type Room struct {
	Dir  string
	Home string // empty is Dir, which is then made for this runner and removed after it
	User string // the name of the runner's user; empty is whoever runs the agent
}

// NewRoom makes a fresh directory that only this user may enter.
func NewRoom() (Room, error) {
	dir, err := os.MkdirTemp("", "mayfly-runner-") // made with mode 0700
	if err != nil {
		return Room{}, fmt.Errorf("make the runner's directory: %w", err)
	}
	return Room{Dir: dir}, nil
}

// Clear removes the directory and all that the job left in it.
func (r Room) Clear() error {
	if r.Dir == "" || r.Home != "" {
		return nil
	}
	if os.RemoveAll(r.Dir) == nil {
		return nil
	}
	// Caches such as Go's are made of directories that nobody may write, their owner included.
	_ = filepath.WalkDir(r.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o700) //nolint:gosec // a directory that cannot be searched cannot be emptied
		}
		return err
	})
	if err := os.RemoveAll(r.Dir); err != nil {
		return fmt.Errorf("remove the runner's directory: %w", err)
	}
	return nil
}
