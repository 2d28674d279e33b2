// Package image looks at the images that are launched: whether they boot, and how old they are. Where one does not
// boot, the one that was promoted before it is launched. What is on an image is as old as that, and GitHub has a runner
// that is too old update itself before its job.
package image

import (
	"context"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// OldDays is when an image is old: people have to be told in time, for from its 30th day on a runner updates itself
// before each job.
// Source: docs.github.com, "Self-hosted runners reference": an update has to be made within 30 days of its release.
const OldDays = 21

// every is how often it is told how old images are.
const every = time.Hour

// Meter is told how old the oldest image is. Implemented by cloudwatch.Meter.
type Meter interface {
	ImageAge(ctx context.Context, days float64, at time.Time) error
}

// Stage tells how old the oldest image is, once an hour. Without a meter only the log is told, if it is old.
type Stage struct {
	Meter Meter
	Log   *slog.Logger

	told time.Time // when it was last
}

// Run tells it, if it is time to.
func (s *Stage) Run(ctx context.Context, lines [][]runner.Image, boots runner.Boots, now time.Time) {
	oldest, has := oldest(lines, boots)
	if !has || now.Sub(s.told) < every {
		return
	}
	s.told = now
	if why := Old(lines, boots, now); why != runner.NoReason() {
		s.Log.Warn("an image is old", "image", oldest.ID, "days", oldest.Days(now), "reason", why.String())
	}
	if s.Meter == nil {
		return
	}
	if err := s.Meter.ImageAge(ctx, now.Sub(oldest.Since).Hours()/24, now); err != nil {
		s.Log.Error("age of images not told", "image", oldest.ID, "error", err)
	}
}

// Old is what people are told of the oldest image; no reason as long as it is not old.
func Old(lines [][]runner.Image, boots runner.Boots, now time.Time) runner.Reason {
	if oldest, has := oldest(lines, boots); has && oldest.Days(now) >= OldDays {
		return runner.ImageOld(oldest.ID, oldest.Days(now))
	}
	return runner.NoReason()
}

// oldest is the oldest of the images that are launched; has is whether any has an age.
func oldest(lines [][]runner.Image, boots runner.Boots) (oldest runner.Image, has bool) {
	for _, line := range lines {
		if used := launched(line, boots); !used.Since.IsZero() && (!has || used.Since.Before(oldest.Since)) {
			oldest, has = used, true
		}
	}
	return oldest, has
}
