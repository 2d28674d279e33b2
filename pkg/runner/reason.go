package runner

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ReasonKind is what kind of reason a [Reason] is.
type ReasonKind string

// The kinds of reasons. Each has a constructor below that says which parameters it takes.
const (
	ReasonNone ReasonKind = ""

	// What was wrong with a job's labels, though it was queued.
	ReasonUnknownKeys ReasonKind = "unknown_keys"

	// Why a job is no business of this stack.
	ReasonOtherStack ReasonKind = "other_stack"

	// Why a job is queued.
	ReasonOrigin       ReasonKind = "origin"
	ReasonLaunching    ReasonKind = "launching"
	ReasonBooting      ReasonKind = "booting"
	ReasonListening    ReasonKind = "listening"
	ReasonTaken        ReasonKind = "taken"
	ReasonEC2Rate      ReasonKind = "ec2_rate"
	ReasonGitHubBudget ReasonKind = "github_budget"
	ReasonGitHubDown   ReasonKind = "github_down"
	ReasonGitHubDenies ReasonKind = "github_denies"
	ReasonMaxRunners   ReasonKind = "max_runners"
	ReasonShare        ReasonKind = "repository_share"
	ReasonLaunchRate   ReasonKind = "launch_rate"
	ReasonNoCapacity   ReasonKind = "no_capacity"
	ReasonLaunchFailed ReasonKind = "launch_failed"

	// Why a job is refused.
	ReasonBadLabel          ReasonKind = "bad_label"
	ReasonNotAllowed        ReasonKind = "not_allowed"
	ReasonNoInstanceType    ReasonKind = "no_instance_type"
	ReasonNoImage           ReasonKind = "no_image"
	ReasonLaunchRejected    ReasonKind = "launch_rejected"
	ReasonAttemptsExhausted ReasonKind = "attempts_exhausted"
	ReasonPublic            ReasonKind = "public_repository"
	ReasonFork              ReasonKind = "fork"
	ReasonGone              ReasonKind = "gone"
	ReasonNotInstalled      ReasonKind = "not_installed"
	ReasonTooOld            ReasonKind = "too_old"
	ReasonNotApproved       ReasonKind = "not_approved"

	// Why a runner failed.
	ReasonNoJITConfig  ReasonKind = "no_jit_config"
	ReasonExitedEarly  ReasonKind = "exited_early"
	ReasonNeverBooted  ReasonKind = "never_booted"
	ReasonIdleTooLong  ReasonKind = "idle_too_long"
	ReasonOverdue      ReasonKind = "overdue"
	ReasonSurplus      ReasonKind = "surplus"
	ReasonUnregistered ReasonKind = "unregistered"
	ReasonUnknown      ReasonKind = "unknown_instance"
	ReasonInterrupted  ReasonKind = "interrupted"
	ReasonInstanceGone ReasonKind = "instance_gone"

	// Why a runner's instance is ended.
	ReasonJobEnded ReasonKind = "job_ended"
)

// Reason is why something is as it is: a kind and its parameters, compared with ==, stored as they
// are, and printed as one sentence.
type Reason struct {
	Kind  ReasonKind `json:"kind"`
	What  string     `json:"what,omitempty"` // what it is about: a label, an offering, an instance
	How   string     `json:"how,omitempty"`  // what is wrong with it, and what to do
	N     int        `json:"n,omitempty"`    // how many
	Until time.Time  `json:"until,omitzero"` // when it is looked at again, whole seconds, UTC
}

// Lasting says, of a launch that failed, whether it will fail again until somebody changes something:
// a quota, a permission.
func (r Reason) Lasting() bool {
	return r.How == string(Quota) || r.How == string(Denied)
}

// sentences is what each kind says. In braces stand the parameters; {: how} is nothing where there
// is no How.
var sentences = map[ReasonKind]string{
	ReasonNone: "",

	ReasonUnknownKeys: "keys of its label that are not known did nothing: {how}",

	ReasonOtherStack: "it is for another stack: {what}, and this one has {how}",

	ReasonOrigin:       "GitHub is asked whether its code is the repository's own",
	ReasonLaunching:    "launching an instance for it ({what}, attempt {n} of " + strconv.Itoa(MaxAttempts) + ")",
	ReasonBooting:      "a runner of its class is booting",
	ReasonListening:    "a runner of its class is listening; GitHub chooses which job goes where",
	ReasonTaken:        "a runner of its class took a job; GitHub has yet to say which",
	ReasonEC2Rate:      "EC2's request rate is used up; it refills by the second",
	ReasonGitHubBudget: "GitHub's request budget for {what} is used up; it refills by the minute",
	ReasonGitHubDown:   "GitHub does not answer for {what}; it is asked again every minute",
	ReasonGitHubDenies: "GitHub lets our App register no runner for {what}: check the App's key and its permissions",
	ReasonMaxRunners:   "all {n} runners that the stack may have are there",
	ReasonShare:        "{what} has all {n} runners that one repository may have",
	ReasonLaunchRate:   "{n} instances were launched within a second, as many as the stack may",
	ReasonNoCapacity:   "EC2 has no capacity for {what}; next try at {until} UTC",
	ReasonLaunchFailed: "EC2 answered the launch with {what}; next try at {until} UTC",

	ReasonBadLabel:          "label {quoted}: {how}",
	ReasonNotAllowed:        "{what} is not allowed: {how}",
	ReasonNoInstanceType:    "no instance type has {what}: {how}",
	ReasonNoImage:           "there is no image for {what}: build one, or ask for another architecture",
	ReasonLaunchRejected:    "EC2 refuses the launch with {what}: {how}",
	ReasonAttemptsExhausted: "{n} launches brought no runner that took it, the last one: {what}",
	ReasonPublic:            "{what} is public, and public repositories get no runners here: allow them (AllowPublic), or use a runner of GitHub's",
	ReasonFork:              "its code is of a fork of {what}, and forks get no runners here: allow them (AllowForks), or use a runner of GitHub's",
	ReasonNotInstalled:      "our GitHub App is not installed on {what}, or that is gone: install it there, and run the job again",
	ReasonGone:              "GitHub has no such job any more",
	ReasonNotApproved:       "nobody approved it within 30 days: GitHub has failed it",
	ReasonTooOld:            "it was queued for 24 hours: GitHub has failed it",

	ReasonNoJITConfig:  "GitHub gave no JIT config: {how}",
	ReasonExitedEarly:  "the runner exited with code {n} before it took a job{: how}",
	ReasonInstanceGone: "the instance was {what} before its job had ended",
	ReasonNeverBooted:  "the runner did not listen within {what}",
	ReasonIdleTooLong:  "no job came within {what}",
	ReasonOverdue:      "the instance was older than {what}",
	ReasonSurplus:      "there are more runners of its class than jobs for them",
	ReasonUnregistered: "GitHub has no such runner any more",
	ReasonUnknown:      "the instance is this stack's, but of no launch that is known",
	ReasonInterrupted:  "EC2 takes the spot instance back",

	ReasonJobEnded: "job {what} ended",
}

// String is the reason as a sentence for people.
func (r Reason) String() string {
	andHow := ""
	if r.How != "" {
		andHow = ": " + r.How
	}
	return strings.NewReplacer(
		"{what}", r.What, "{quoted}", strconv.Quote(r.What), "{how}", r.How, "{: how}", andHow, "{n}", strconv.Itoa(r.N), "{until}", r.Until.Format(time.TimeOnly),
	).Replace(sentences[r.Kind])
}

// ReasonKinds are all kinds of reasons, none among them, in the order of the alphabet.
func ReasonKinds() []ReasonKind { return slices.Sorted(maps.Keys(sentences)) }
