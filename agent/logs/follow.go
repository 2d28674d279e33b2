package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	pollEvery = time.Second
	// pollBytes is what is read of one file in one poll, but for the last one.
	pollBytes = 128 << 10
	// newest is how many files are read: the listener writes one, and after 8 MB the next one.
	newest = 4
	// inDirectory is how many names are looked at. A job that makes more hides its runner's log, which it
	// may delete as well.
	inDirectory = 512
)

// listenerLog is whether a file is a log of GitHub's listener. Those of its workers, Worker_….log, hold
// what jobs print, and are none of our business.
// Source: github.com/actions/runner, src/Runner.Common/HostTraceListener.cs: Runner_20260102-150405-utc.log.
func listenerLog(name string) bool {
	return strings.HasPrefix(name, "Runner_") && strings.HasSuffix(name, ".log")
}

// Follow reads the logs of GitHub's listener in a directory, its _diag, as they grow, until
// [Logs.Close]. The directory need not be there yet. It is the job's to do with as it likes, and the
// agent is root: only regular files that belong to the user with this number are read, through no symbolic
// link, so that nothing is read which that user could not have read.
func (l *Logs) Follow(directory string, owner int) {
	f := &follower{logs: l, directory: directory, owner: owner, files: map[string]*followed{}}
	l.working.Go(func() {
		for {
			f.poll(pollBytes)
			select {
			case <-time.After(pollEvery):
			case <-l.closing:
				f.poll(queueBytes)
				return
			}
		}
	})
}

// follower reads the logs of one directory.
type follower struct {
	logs      *Logs
	directory string
	owner     int
	files     map[string]*followed
	warned    bool
	buffer    []byte
}

// followed is how far a file has been read.
type followed struct {
	to     *source
	id     os.FileInfo
	offset int64
}

// poll reads so many bytes of each file at most.
func (f *follower) poll(most int64) {
	names := f.names()
	for name, file := range f.files {
		if !slices.Contains(names, name) {
			file.to.flush()
			f.logs.forget(file.to)
			delete(f.files, name)
		}
	}
	for _, name := range names {
		if err := f.read(name, most); err != nil && !errors.Is(err, fs.ErrNotExist) && !f.warned {
			f.warned = true
			f.logs.log.Warn("a file of the listener's is not read", "error", err)
		}
	}
}

// names are those of the newest logs, oldest first: a name is a time.
func (f *follower) names() []string {
	directory, err := os.OpenFile(f.directory, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = directory.Close() }()
	all, _ := directory.Readdirnames(inDirectory)
	names := slices.DeleteFunc(all, func(name string) bool { return !listenerLog(name) })
	slices.Sort(names)
	return names[max(0, len(names)-newest):]
}

// read passes on what has been added to a file. One that was cut, or is another by now, is read from its
// beginning.
func (f *follower) read(name string, most int64) error {
	file, info, err := f.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	known := f.files[name]
	if known == nil {
		known = &followed{to: f.logs.newSource("listener: ")}
		f.files[name] = known
	}
	if known.id == nil || !os.SameFile(known.id, info) || info.Size() < known.offset {
		known.to.flush()
		known.id, known.offset = info, 0
	}
	if f.buffer == nil {
		f.buffer = make([]byte, 32<<10)
	}
	added := io.NewSectionReader(file, known.offset, most)
	n, err := io.CopyBuffer(struct{ io.Writer }{known.to}, struct{ io.Reader }{added}, f.buffer)
	known.offset += n
	return err
}

// open opens a log if it is a regular file of the owner's. A pipe would make the agent wait.
func (f *follower) open(name string) (*os.File, os.FileInfo, error) {
	file, err := os.OpenFile(filepath.Join(f.directory, name), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil {
		status, is := info.Sys().(*syscall.Stat_t)
		if !is || !info.Mode().IsRegular() || int(status.Uid) != f.owner {
			err = fmt.Errorf("%s: it is no regular file of user %d", file.Name(), f.owner)
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}
