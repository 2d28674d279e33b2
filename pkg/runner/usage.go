package runner

import "time"

// Usage is how long runners lived: one item of the record. What is told to a meter is counted from telling to
// telling, what a day may have from midnight on.
type Usage struct {
	At    time.Time     `json:"at,omitzero"`        // until when it was told
	Ended time.Duration `json:"ended_ns,omitempty"` // what runners that ended since then lived since then
	Day   time.Time     `json:"day,omitzero"`       // the midnight, UTC, from which Gone counts
	Gone  time.Duration `json:"gone_ns,omitempty"`  // what runners that ended since then lived since then
}

// Counting adds what a runner lived that was not told yet, and ends with now.
func (u Usage) Counting(ended Runner, now time.Time) Usage {
	u.Ended += livedSince(u.At, ended, now)
	return u
}

// OfDay adds what a runner that ends with now lived of this day.
func (u Usage) OfDay(ended Runner, now time.Time) Usage {
	u.Day, u.Gone = Midnight(now), u.gone(now)+livedSince(Midnight(now), ended, now)
	return u
}

// Today is what all runners lived of this day, UTC: those that ended, and these, each of which counts for a minute
// at least, for that is what EC2 bills.
// Source: aws.amazon.com/ec2/pricing/on-demand, "billed per second, with a minimum of 60 seconds".
func (u Usage) Today(running map[string]Runner, now time.Time) time.Duration {
	today, midnight := u.gone(now), Midnight(now)
	for _, instance := range running {
		today += max(time.Minute, livedSince(midnight, instance, now))
	}
	return today
}

func (u Usage) gone(now time.Time) time.Duration {
	if !u.Day.Equal(Midnight(now)) {
		return 0
	}
	return u.Gone
}

// Midnight is when the day began, UTC, that a moment is in.
func Midnight(of time.Time) time.Time { return of.UTC().Truncate(24 * time.Hour) }

// Uncounted is what all runners lived that is not counted yet: those that ended, and these, which did not.
func (u Usage) Uncounted(running map[string]Runner, now time.Time) time.Duration {
	uncounted := u.Ended
	for _, instance := range running {
		uncounted += livedSince(u.At, instance, now)
	}
	return uncounted
}

// livedSince is how long a runner lived since a moment.
func livedSince(since time.Time, instance Runner, now time.Time) time.Duration {
	from := instance.Since()
	if from.IsZero() {
		return 0
	}
	if from.Before(since) {
		from = since
	}
	return max(0, now.Sub(from))
}

// Key is the usage's key in the record.
func (Usage) Key() string { return "usage" }

// Live is always true: the usage is read with all that is unfinished.
func (Usage) Live() bool { return true }
