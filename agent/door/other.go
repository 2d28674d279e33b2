//go:build !linux

package door

import (
	"errors"
	"net/netip"
)

var errLinux = errors.New("only Linux has nftables; no instance runs anything else")

func apply([]rule) error { return errLinux }

func reach(netip.Addr, int) (bool, error) { return false, errLinux }

// Refused is how many packets the door has kept from the metadata: elsewhere than on Linux, none.
func Refused() (packets uint64, err error) { return 0, errLinux }
