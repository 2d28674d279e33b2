//go:build !linux

package run

import (
	"errors"
	"syscall"
)

// Cgroup is only there on Linux.
type Cgroup struct{}

// Divide fails: there are no cgroups here.
func Divide(string, Bounds) (*Cgroup, error) {
	return nil, errors.New("cgroups are Linux's")
}

// OwnCgroup fails: there are no cgroups here.
func OwnCgroup() (string, error) {
	return "", errors.New("cgroups are Linux's")
}

// Kill has nothing to kill.
func (*Cgroup) Kill() error { return nil }

// Dir is empty.
func (*Cgroup) Dir() string { return "" }

func expose(int) error { return nil }

func attributes(Command) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
