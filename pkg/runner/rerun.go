package runner

import (
	"slices"
	"strconv"
	"time"
)

// Rerun is the intent to have jobs of a run run again that EC2 interrupted, once the whole run has ended;
// and the memory of which jobs of it that was done for, by name: GitHub gives each try a new id.
type Rerun struct {
	Run     int64      `json:"run"`     // GitHub's id
	Attempt int        `json:"attempt"` // of the run, in which they were interrupted
	Scope   Scope      `json:"scope"`
	Jobs    []CutShort `json:"jobs"`           // that are to run again
	Done    []string   `json:"done,omitempty"` // names of the jobs that GitHub was asked to run again, in any attempt
	Created time.Time  `json:"created"`        // when the first of the jobs ended
	NextAt  time.Time  `json:"next_at"`        // when the run is looked at again
	Calls   int        `json:"calls"`          // looks at the run so far
	Asked   bool       `json:"asked"`          // GitHub is asked; whether it did so is not known yet
	Settled bool       `json:"settled"`        // they run again, or never will
}

// CutShort is a job that EC2 cut short.
type CutShort struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// rerunAfter is how long after an interrupted job its run is looked at: GitHub ends a run a moment after
// its last job.
const rerunAfter = 5 * time.Second

// With is the intent to run a job again, too. It says no to one of an attempt that is over: it is once
// GitHub is asked for the next, for it was asked on account of the others alone.
func (r Rerun) With(job Job, now time.Time) (Rerun, bool) {
	if over := job.RunAttempt < r.Attempt || job.RunAttempt == r.Attempt && r.Asked; over || r.Has(job.ID) {
		return r, false
	}
	if job.RunAttempt > r.Attempt {
		r = Rerun{
			Run: job.RunID, Attempt: job.RunAttempt, Done: r.Done, Created: now.UTC(),
			Scope: Scope{Installation: job.Class.Installation, Repository: job.Repository},
		}
	}
	r.Jobs = append(slices.Clone(r.Jobs), CutShort{ID: job.ID, Name: job.Name})
	r.NextAt, r.Settled = now.Add(rerunAfter).UTC(), false
	return r, true
}

// Ask notes, before it is done, that GitHub is asked to run the jobs again.
func (r Rerun) Ask() Rerun {
	r.Asked, r.Done = true, slices.Clone(r.Done)
	for _, job := range r.Jobs {
		if !r.Knows(job.Name) {
			r.Done = append(r.Done, job.Name)
		}
	}
	return r
}

// Unask notes that GitHub was asked, and did not do it.
func (r Rerun) Unask() Rerun {
	r.Asked = false
	r.Done = slices.DeleteFunc(slices.Clone(r.Done), func(name string) bool {
		return slices.ContainsFunc(r.Jobs, func(job CutShort) bool { return job.Name == name })
	})
	return r
}

// Knows says whether GitHub was asked to run the job of this name again: it is not asked twice.
func (r Rerun) Knows(name string) bool { return slices.Contains(r.Done, name) }

// Has says whether the job of an id is among those to run again.
func (r Rerun) Has(id int64) bool {
	return slices.ContainsFunc(r.Jobs, func(job CutShort) bool { return job.ID == id })
}

// Key is the rerun's key in the record.
func (r Rerun) Key() string { return RerunKey(r.Run) }

// Live says whether the jobs may still have to run again.
func (r Rerun) Live() bool { return !r.Settled }

// RerunKey is the record's key of what was run again of a run.
func RerunKey(run int64) string { return "rerun/" + strconv.FormatInt(run, 10) }

// RunOutcome is what GitHub says of a run.
type RunOutcome struct {
	Attempt   int // how often it was begun, from 1
	Ended     bool
	Cancelled bool       // it ended because somebody cancelled it
	Failed    []JobEvent // of one that has ended, the jobs that ended neither well nor skipped
}
