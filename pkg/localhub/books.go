package localhub

import (
	"maps"
	"slices"
	"time"
)

// Books is what happened, as the hub saw it: a copy, which never changes.
type Books struct {
	Jobs       []JobEntry    // all that are ours, oldest first
	Foreign    []JobEntry    // jobs that are not ours, and took a runner
	Runners    []RunnerEntry // registered now, oldest first
	Reruns     []Rerun       // jobs that an API call had run again, without those that need them; oldest first
	Deliveries Deliveries
	Calls      map[string]int // API calls by route; runners' own requests are not counted
	TotalCalls int
	MaxPoints  int            // the most points that an installation spent in any rolling 60 s
	Limited    int            // calls that were refused because they would have taken it above GitHub's limit
	Faults     map[string]int // how often each [Fault] fired
}

// JobEntry is one job in the books. A time that has not come yet is zero.
type JobEntry struct {
	ID         int64
	RunID      int64
	RunAttempt int  // of its run, from 1
	Replaced   bool // by a job of a later attempt
	Repository string
	Name       string
	Labels     []string
	State      string // Pending, Waiting, Queued, InProgress, Completed
	Created    time.Time
	Started    time.Time
	Completed  time.Time
	RunnerName string // empty until a runner took it
	Conclusion string // Success, Failure, Cancelled or Skipped once completed
	Log        string
}

// Rerun is a job of a run that was run again.
type Rerun struct {
	RunID int64
	Name  string
}

// RunnerEntry is one registered runner in the books.
type RunnerEntry struct {
	ID     int64
	Name   string
	Labels []string
	Online bool
	Job    int64 // 0 while it has none
}

// Deliveries counts webhooks.
type Deliveries struct {
	OK      int // answered 2xx
	Failed  int // anything else; GitHub does not deliver them again
	Pending int // not answered yet
}

// Unfinished is how many jobs are not completed.
func (b Books) Unfinished() int {
	count := 0
	for _, job := range b.Jobs {
		if job.State != Completed {
			count++
		}
	}
	return count
}

// Concluded is how many jobs completed with a conclusion.
func (b Books) Concluded(conclusion string) int {
	count := 0
	for _, job := range b.Jobs {
		if job.Conclusion == conclusion {
			count++
		}
	}
	return count
}

// Job finds a job by its id.
func (b Books) Job(id int64) (job JobEntry, found bool) {
	i := slices.IndexFunc(b.Jobs, func(j JobEntry) bool { return j.ID == id })
	if i < 0 {
		return JobEntry{}, false
	}
	return b.Jobs[i], true
}

// Books opens the books.
func (h *Hub) Books() Books {
	h.mu.Lock()
	defer h.mu.Unlock()
	books := Books{
		Reruns: slices.Clone(h.reruns), Deliveries: h.deliveries, Calls: maps.Clone(h.calls), MaxPoints: h.maxPoints, Limited: h.limitedCalls, Faults: maps.Clone(h.faulted),
	}
	for _, count := range h.calls {
		books.TotalCalls += count
	}
	for _, j := range h.jobs {
		books.Jobs = append(books.Jobs, j.entry())
	}
	for _, j := range h.foreign {
		books.Foreign = append(books.Foreign, j.entry())
	}
	for _, r := range h.runners {
		books.Runners = append(books.Runners, r.entry())
	}
	return books
}

// Changed is closed at the next change of the books. Take it before the books are read, or a change
// in between is missed.
func (h *Hub) Changed() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

func (h *Hub) change() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func (j *job) entry() JobEntry {
	return JobEntry{
		ID: j.id, RunID: j.RunID, RunAttempt: j.attempt, Replaced: j.replaced, Repository: j.repository.fullName(), Name: j.Name, Labels: slices.Clone(j.Labels),
		State: j.state, Created: j.created, Started: j.started, Completed: j.completed,
		RunnerName: j.runnerName(), Conclusion: j.conclusion, Log: j.log.String(),
	}
}

func (r *registration) entry() RunnerEntry {
	entry := RunnerEntry{ID: r.id, Name: r.name, Labels: slices.Clone(r.labels), Online: r.listening()}
	if r.job != nil {
		entry.Job = r.job.id
	}
	return entry
}
