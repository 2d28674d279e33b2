package demo

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// desk is where the demo keeps its things.
type desk struct {
	temp string // gone at the end
	logs string // gone at the end, unless they are worth a look
	file *os.File
	keep bool

	masker *secret.Masker // of all that is logged
}

// space is more than a demo writes, unless its jobs write more.
const space = 1 << 20

func newDesk() (d *desk, err error) {
	d = &desk{masker: secret.NewMasker()}
	if d.temp, err = os.MkdirTemp("", "mayfly-demo-"); err != nil {
		return nil, noRoom(err)
	}
	if d.logs, err = os.MkdirTemp("", "mayfly-demo-logs-"); err != nil {
		return nil, errors.Join(noRoom(err), os.RemoveAll(d.temp))
	}
	if d.file, err = os.Create(filepath.Join(d.logs, "demo.log")); err != nil {
		return nil, errors.Join(noRoom(err), d.clear())
	}
	if err := d.room(); err != nil {
		return nil, errors.Join(err, d.clear())
	}
	return d, nil
}

// room says whether there is any left.
func (d *desk) room() error {
	file := filepath.Join(d.temp, "space")
	defer func() { _ = os.Remove(file) }()
	if err := os.WriteFile(file, make([]byte, space), 0o600); err != nil {
		return noRoom(err)
	}
	return nil
}

func noRoom(err error) error {
	return fmt.Errorf("the demo needs some space for temporary files: %w; free some, or set TMPDIR to a directory that has it", err)
}

// log tells of all that happens to a handler, and keeps it, as JSON. Neither is told a secret.
func (d *desk) log(to slog.Handler) *slog.Logger {
	return slog.New(secret.NewHandler(slog.NewMultiHandler(to, slog.NewJSONHandler(d.file, nil)), d.masker))
}

func (d *desk) clear() error {
	_ = d.file.Close() // what it may have lost was no result
	err := os.RemoveAll(d.temp)
	if !d.keep {
		err = errors.Join(err, os.RemoveAll(d.logs))
	}
	return err
}
