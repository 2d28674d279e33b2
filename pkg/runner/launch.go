package runner

import "time"

// Slot is one instance that a launch asks for: the class it will serve, and the job on whose
// account the launch is made. The job is not bound to the instance.
type Slot struct {
	Job   int64 `json:"job"`
	Class Class `json:"class"`
}

// LaunchRequest is one fleet call, complete and frozen: a repeat is the same to the letter.
type LaunchRequest struct {
	Launch      string     `json:"launch"`
	Stack       string     `json:"stack"`
	ClientToken string     `json:"client_token"`
	Shape       Shape      `json:"shape"`
	Offerings   []Offering `json:"offerings"` // of the shape, without those that lately had no capacity
	Count       int        `json:"count"`
}

// Tags are the fleet's and the instances' tags.
func (r LaunchRequest) Tags() map[string]string {
	return map[string]string{TagStack: r.Stack, TagLaunch: r.Launch}
}

// Instance is what EC2 gave.
type Instance struct {
	ID       string   `json:"id"`
	Offering Offering `json:"offering"`
}

// LaunchResult is EC2's answer: some instances, and what went wrong with the rest.
type LaunchResult struct {
	Fleet     string        `json:"fleet"`
	Instances []Instance    `json:"instances"`
	Errors    []LaunchError `json:"errors"`
}

// LaunchErrorClass is what a launch error asks us to do.
type LaunchErrorClass string

// The classes of launch errors.
const (
	NoCapacity     LaunchErrorClass = "no_capacity"     // EC2 has none of this offering: try another
	Quota          LaunchErrorClass = "quota"           // the account may have no more: wait for some to end
	Throttled      LaunchErrorClass = "throttled"       // too many calls: the same again, later
	Denied         LaunchErrorClass = "denied"          // a permission is missing
	BadRequest     LaunchErrorClass = "bad_request"     // will never work as it is
	UnknownOutcome LaunchErrorClass = "unknown_outcome" // perhaps it did launch: repeat it unchanged
)

// RepeatDiffers is EC2's code for a client token that came with another request before. For a launch that
// was called before, as by a server that has been updated since, it says that the call was made.
const RepeatDiffers = "IdempotentParameterMismatch"

// ImageNotAllowed is the code for an image that belongs to none of its shape's ImageOwners.
const ImageNotAllowed = "ImageNotAllowed"

// LaunchError is one thing that went wrong with a launch. As the error of a whole call its Offering
// is zero.
type LaunchError struct {
	Class    LaunchErrorClass `json:"class"`
	Code     string           `json:"code"` // EC2's own: InsufficientInstanceCapacity
	Message  string           `json:"message"`
	Offering Offering         `json:"offering"`
}

func (e *LaunchError) Error() string { return e.Code + ": " + e.Message }

// LaunchState is where a launch stands.
type LaunchState string

// The states of a launch.
const (
	LaunchOpen   LaunchState = "open"   // to be called, or called with no answer yet
	LaunchClosed LaunchState = "closed" // answered: its runners have rows of their own
)

// Launch is the intent behind one fleet call, stored before the call is made.
type Launch struct {
	ID        string        `json:"id"`
	Request   LaunchRequest `json:"request"`
	Slots     []Slot        `json:"slots"` // oldest job first: the order in which instances are given out
	State     LaunchState   `json:"state"`
	Instead   string        `json:"instead,omitempty"` // why it is on demand or from another image, where its jobs asked otherwise
	Reason    Reason        `json:"reason"`            // why its next call waits; none before the first call
	Calls     int           `json:"calls"`             // calls begun
	DecidedAt time.Time     `json:"decided_at"`
	NextAt    time.Time     `json:"next_at,omitzero"` // when the next call is due
}

// Key is the launch's key in the record.
func (l Launch) Key() string { return LaunchKey(l.ID) }

// Live says whether the launch still waits for its answer.
func (l Launch) Live() bool { return l.State == LaunchOpen }

// LaunchKey is the record's key of a launch.
func LaunchKey(id string) string { return "launch/" + id }
