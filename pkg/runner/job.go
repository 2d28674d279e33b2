package runner

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// JobState is where a job stands.
type JobState string

// The states of a job.
const (
	JobUnknown   JobState = ""          // no fact has told of it yet
	JobWaiting   JobState = "waiting"   // held back by GitHub: an environment's approval, a concurrency group
	JobQueued    JobState = "queued"    // wants a runner
	JobRunning   JobState = "running"   // a runner took it
	JobCompleted JobState = "completed" // ended, with a conclusion
	JobRefused   JobState = "refused"   // gets no runner, for its reason
	JobExpired   JobState = "expired"   // waited for so long that GitHub has failed it: queued for 24 h, or for its approval for 30 days
)

// JobStates lists every state, in the order of a job's life.
var JobStates = []JobState{JobUnknown, JobWaiting, JobQueued, JobRunning, JobCompleted, JobRefused, JobExpired}

// Webhooks arrive in any order, so a job may enter its life at any state, and skip some.
var jobTransitions = transitions[JobState]{
	JobUnknown: {JobWaiting, JobQueued, JobRunning, JobCompleted, JobRefused},
	JobWaiting: {JobQueued, JobRunning, JobCompleted, JobRefused, JobExpired},
	JobQueued:  {JobWaiting, JobRunning, JobCompleted, JobRefused, JobExpired},
	JobRunning: {JobCompleted},
	JobRefused: {JobRunning, JobCompleted}, // a runner took it all the same: somebody else's, or one that was late
}

// MaxAttempts is how many launches are made for a job before it ends, visibly, as refused.
const MaxAttempts = 5

// maxLog is how many reasons a job remembers.
const maxLog = 20

// Repository is what we keep of a GitHub repository.
type Repository struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"` // owner/name
}

// Told is one line of a job's log: what its reader was told, and since when.
type Told struct {
	At     time.Time `json:"at"`
	Reason Reason    `json:"reason"`
}

// Job is one workflow job that asks for a runner of ours.
type Job struct {
	ID         int64            `json:"id"`
	RunID      int64            `json:"run_id"`
	RunAttempt int              `json:"run_attempt"`
	Repository Repository       `json:"repository"`
	Origin     Origin           `json:"origin"`
	Name       string           `json:"name"`
	Workflow   string           `json:"workflow"`
	Class      Class            `json:"class"`
	Shape      Shape            `json:"shape"`
	Retry      bool             `json:"retry,omitempty"`   // see [Terms]
	SSH        bool             `json:"ssh,omitempty"`     // see [Terms]
	Again      bool             `json:"again,omitempty"`   // it runs on demand, for its last try was interrupted
	Deploys    Known            `json:"deploys,omitempty"` // to an environment of the repository's
	State      JobState         `json:"state"`
	Reason     Reason           `json:"reason"`             // why it is where it is
	Log        []Told           `json:"log,omitempty"`      // the last 20 reasons, oldest first
	Attempts   int              `json:"attempts,omitempty"` // launches made for it
	NextAt     time.Time        `json:"next_at,omitzero"`   // no launch is made for it before then
	Runner     string           `json:"runner,omitempty"`   // the name of the runner that took it
	Conclusion string           `json:"conclusion,omitempty"`
	CreatedAt  time.Time        `json:"created_at"`          // by GitHub's clock; of a job heard of a day late, by ours, when that was
	Stamps     Stamps[JobState] `json:"stamps"`              // by ours
	DecidedAt  time.Time        `json:"decided_at,omitzero"` // when its first launch was decided; zero before
}

// To moves the job to a state. The error is a *[TransitionError]; the job is then unchanged.
func (j Job) To(state JobState, at time.Time, why Reason) (Job, error) {
	if err := jobTransitions.check(fmt.Sprintf("job %d", j.ID), j.State, state); err != nil {
		return j, err
	}
	j.State = state
	j.Stamps = j.Stamps.with(state, at)
	return j.Because(why, at), nil
}

// Because tells the job's reader why it is where it is. The same reason again changes nothing.
func (j Job) Because(why Reason, at time.Time) Job {
	if j.Reason == why {
		return j
	}
	j.Reason = why
	kept := j.Log[max(0, len(j.Log)-maxLog+1):]
	j.Log = append(slices.Clone(kept), Told{At: at.UTC(), Reason: why})
	return j
}

// Launching is what the job is told when a launch is made for it. Instead is why that is on demand, if it
// asked for spot.
func (j Job) Launching(shape string, attempt int, instead string) Reason {
	if j.Again {
		instead = "on demand, for its last try was interrupted"
	}
	return Reason{Kind: ReasonLaunching, What: shape, N: attempt, How: instead}
}

// Key is the job's key in the record.
func (j Job) Key() string { return JobKey(j.ID) }

// Live says whether the job's story is still going on, as far as it takes us.
func (j Job) Live() bool {
	return j.State != JobRefused && len(jobTransitions[j.State]) > 0
}

// JobKey is the record's key of a job. GitHub gives a re-run a new id, so the id is enough.
func JobKey(id int64) string { return "job/" + strconv.FormatInt(id, 10) }
