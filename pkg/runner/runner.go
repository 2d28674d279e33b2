package runner

import "time"

// RunnerState is where a runner stands.
type RunnerState string

// The states of a runner.
const (
	RunnerLaunching   RunnerState = "launching"   // EC2 gave an instance; its JIT config is not there yet
	RunnerBooting     RunnerState = "booting"     // its assignment is written; the instance boots
	RunnerIdle        RunnerState = "idle"        // listening for a job
	RunnerBusy        RunnerState = "busy"        // runs a job
	RunnerFinished    RunnerState = "finished"    // its one job ended; the instance has to go
	RunnerTerminated  RunnerState = "terminated"  // the instance is gone
	RunnerFailed      RunnerState = "failed"      // will never run a job, for its reason; the instance has to go
	RunnerInterrupted RunnerState = "interrupted" // EC2 takes the spot instance back
)

// RunnerStates lists every state, in the order of a runner's life.
var RunnerStates = []RunnerState{
	RunnerLaunching, RunnerBooting, RunnerIdle, RunnerBusy, RunnerFinished,
	RunnerFailed, RunnerInterrupted, RunnerTerminated,
}

// Reports and webhooks overtake each other, so a runner may skip states, never return to one.
var runnerTransitions = transitions[RunnerState]{
	RunnerLaunching:   {RunnerBooting, RunnerIdle, RunnerBusy, RunnerFinished, RunnerFailed, RunnerInterrupted},
	RunnerBooting:     {RunnerIdle, RunnerBusy, RunnerFinished, RunnerFailed, RunnerInterrupted},
	RunnerIdle:        {RunnerBusy, RunnerFinished, RunnerFailed, RunnerInterrupted},
	RunnerBusy:        {RunnerFinished, RunnerFailed, RunnerInterrupted},
	RunnerFinished:    {RunnerTerminated},
	RunnerFailed:      {RunnerTerminated},
	RunnerInterrupted: {RunnerTerminated},
}

// Runner is one instance and the GitHub runner on it.
type Runner struct {
	Instance  string              `json:"instance"` // EC2's id, i-…
	Launch    string              `json:"launch"`   // the launch that asked for it
	Class     Class               `json:"class"`
	Image     string              `json:"image,omitempty"` // that it was launched from; empty if its launch is not known
	SSH       bool                `json:"ssh,omitempty"`   // its assignment lets people in: stored before that is written
	Offering  Offering            `json:"offering"`
	Suffix    int                 `json:"suffix"`              // n of its name: stored before the name is used
	Name      string              `json:"name,omitempty"`      // GitHub's name for it, once its JIT config was made
	GitHubID  int64               `json:"github_id,omitempty"` // GitHub's id for it
	State     RunnerState         `json:"state"`
	Reason    Reason              `json:"reason"`
	Job       int64               `json:"job,omitempty"` // the job it took
	Run       int64               `json:"run,omitempty"` // that job's run
	Stamps    Stamps[RunnerState] `json:"stamps"`        // by the server's clock
	Timings   []Timing            `json:"timings,omitempty"`
	Calls     int                 `json:"calls,omitempty"`     // tries of the effect that its state waits for
	NextAt    time.Time           `json:"next_at,omitzero"`    // when that effect is due
	Leaving   Reason              `json:"leaving"`             // why it is to go, once GitHub has let go of it; none if it may stay
	TakenBack time.Time           `json:"taken_back,omitzero"` // when EC2 said that it takes the spot instance back, unless its job had ended
	Missing   int                 `json:"missing,omitempty"`   // looks at EC2 in a row that did not see it
}

// To moves the runner to a state, in which no effect has been tried yet.
// The error is a *[TransitionError]; the runner is then unchanged.
func (r Runner) To(state RunnerState, at time.Time, why Reason) (Runner, error) {
	if err := runnerTransitions.check("runner "+r.Instance, r.State, state); err != nil {
		return r, err
	}
	r.State = state
	r.Reason = why
	r.Stamps = r.Stamps.with(state, at)
	r.Calls, r.NextAt, r.Leaving = 0, time.Time{}, NoReason()
	return r, nil
}

// NewRunner is an instance that EC2 has just given to a slot of a launch.
func NewRunner(launch string, slot Slot, instance Instance, at time.Time) Runner {
	return Runner{
		Instance: instance.ID,
		Launch:   launch,
		Class:    slot.Class,
		Offering: instance.Offering,
		Suffix:   1,
		State:    RunnerLaunching,
		Stamps:   Stamps[RunnerState](nil).with(RunnerLaunching, at),
	}
}

// Supplies says whether a job of its class may yet come to the runner.
func (r Runner) Supplies() bool {
	return r.Leaving == NoReason() && (r.State == RunnerLaunching || r.State == RunnerBooting || r.State == RunnerIdle)
}

// Leave marks a runner that is to go. It is removed on GitHub first, which refuses if the runner is busy.
func (r Runner) Leave(why Reason, at time.Time) Runner {
	r.Leaving, r.Calls, r.NextAt = why, 0, at.UTC()
	return r
}

// Take is the runner with a job: busy, or interrupted if EC2 takes its instance back meanwhile.
func (r Runner) Take(at time.Time) (Runner, error) {
	if r.Interrupted() {
		return r.To(RunnerInterrupted, at, Interrupted())
	}
	return r.To(RunnerBusy, at, NoReason())
}

// Interrupted says whether EC2 takes the runner's instance back, or did: a job that it had was cut short, also
// one of which GitHub said so only later.
func (r Runner) Interrupted() bool { return !r.TakenBack.IsZero() }

// TookUnnamed says whether the runner took a job of which GitHub has not said yet which one it is:
// its own report came before GitHub's webhook. Until that comes, one of the queued jobs of its class
// is in truth no longer queued.
func (r Runner) TookUnnamed() bool {
	return r.Job == 0 && (r.State == RunnerBusy || r.State == RunnerFinished || r.State == RunnerInterrupted)
}

// Since is when the runner's instance was first known.
func (r Runner) Since() time.Time {
	for _, state := range RunnerStates {
		if at, entered := r.Stamps[state]; entered {
			return at
		}
	}
	return time.Time{}
}

// Ending says whether the runner's instance has nothing left to do and has to go.
func (r Runner) Ending() bool {
	return r.State == RunnerFinished || r.State == RunnerFailed || r.State == RunnerInterrupted
}

// Key is the runner's key in the record.
func (r Runner) Key() string { return RunnerKey(r.Instance) }

// Live says whether the runner's instance may still be there.
func (r Runner) Live() bool { return r.State != RunnerTerminated }

// RunnerKey is the record's key of a runner.
func RunnerKey(instance string) string { return "runner/" + instance }
