//go:build !linux

package boot

import (
	"errors"
	"time"
)

// madeAt is for Linux alone: nowhere else is there a systemd.
func madeAt(string) (time.Time, error) { return time.Time{}, errors.ErrUnsupported }
