//go:build !linux

package shutdown

import "errors"

// Now fails: instances run Linux.
func Now() error {
	return errors.New("only Linux is powered off by force")
}
