package runner

import (
	"slices"
	"strconv"
	"time"
)

// Cancellation is the intent to cancel a workflow run of which a job gets no runner: GitHub would keep
// that job queued for a day, and nobody would see why.
type Cancellation struct {
	Run     int64     `json:"run"` // GitHub's id
	Scope   Scope     `json:"scope"`
	Jobs    []int64   `json:"jobs"`    // that get no runner
	Created time.Time `json:"created"` // when the first of them was refused
	NextAt  time.Time `json:"next_at"` // when the run is looked at again
	Calls   int       `json:"calls"`   // looks at the run so far
	Settled bool      `json:"settled"` // it was cancelled, or has ended, or cannot be cancelled
}

// Cancelling is the intent to cancel the run of a job that was refused, beside others of the same run.
// For most reasons there is none: a label that we do not understand may be somebody else's.
func (c Cancellation) Cancelling(job Job, now time.Time) (Cancellation, bool) {
	why := job.Reason.Kind
	if job.State != JobRefused || why != ReasonAttemptsExhausted && why != ReasonLaunchRejected || slices.Contains(c.Jobs, job.ID) {
		return c, false
	}
	if c.Run == 0 {
		c.Run, c.Created = job.RunID, now.UTC()
		c.Scope = Scope{Installation: job.Class.Installation, Repository: job.Repository}
	}
	c.Jobs = append(slices.Clone(c.Jobs), job.ID)
	c.NextAt, c.Settled = now.UTC(), false
	return c, true
}

// Key is the cancellation's key in the record.
func (c Cancellation) Key() string { return "cancellation/" + strconv.FormatInt(c.Run, 10) }

// Live says whether the run may still have to be cancelled.
func (c Cancellation) Live() bool { return !c.Settled }
