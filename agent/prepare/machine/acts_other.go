//go:build !linux

package machine

import "errors"

var errLinux = errors.New("only Linux can; no instance runs anything else")

func (m makeDir) made(int, int) bool { return false }

func (m mount) attach() error { return errLinux }

func (c cover) attach() error { return errLinux }

func (s swapFile) allocate() error { return errLinux }

func (s swapOn) enable() error { return errLinux }
