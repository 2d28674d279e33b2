package runner

import "time"

// Usage is until when runners' time was counted: one item of the record.
type Usage struct {
	At    time.Time     `json:"at,omitzero"`        // until when it was
	Ended time.Duration `json:"ended_ns,omitempty"` // what runners that ended since then lived since then
}

// Counting adds what a runner lived since then, and ends with now.
func (u Usage) Counting(ended Runner, now time.Time) Usage {
	u.Ended += u.lived(ended, now)
	return u
}

// Uncounted is what all runners lived that is not counted yet: those that ended, and these, which did not.
func (u Usage) Uncounted(running map[string]Runner, now time.Time) time.Duration {
	uncounted := u.Ended
	for _, instance := range running {
		uncounted += u.lived(instance, now)
	}
	return uncounted
}

func (u Usage) lived(instance Runner, now time.Time) time.Duration {
	from := instance.Since()
	if from.IsZero() {
		return 0
	}
	if from.Before(u.At) {
		from = u.At
	}
	return max(0, now.Sub(from))
}

// Key is the usage's key in the record.
func (Usage) Key() string { return "usage" }

// Live is always true: the usage is read with all that is unfinished.
func (Usage) Live() bool { return true }
