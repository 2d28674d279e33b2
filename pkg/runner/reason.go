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

// The kinds of reasons. Each has a constructor that says which parameters it takes. Beside each stands
// who can do something about it, and what: the developer, the operator, or nobody.
const (
	ReasonNone ReasonKind = ""

	// What was wrong with a job's labels, though it was queued.
	ReasonUnknownKeys ReasonKind = "unknown_keys" // developer: correct the key, or leave it: the job runs

	// Why a job is no business of this stack.
	ReasonOtherStack ReasonKind = "other_stack" // developer: if it is meant for this stack, correct env or region in the label

	// Why a job is queued.
	ReasonOrigin       ReasonKind = "origin"           // nobody: GitHub is asked, and asked again until it answers
	ReasonLaunching    ReasonKind = "launching"        // nobody: EC2 answers within seconds
	ReasonBooting      ReasonKind = "booting"          // nobody: an instance takes as long as its image does
	ReasonListening    ReasonKind = "listening"        // nobody: GitHub hands out the job
	ReasonTaken        ReasonKind = "taken"            // nobody: the webhook comes, or the next sweep asks
	ReasonEC2Rate      ReasonKind = "ec2_rate"         // nobody; operator: if it is seen often, have AWS raise the request rate
	ReasonGitHubBudget ReasonKind = "github_budget"    // nobody; operator: if it is seen often, let another GitHub App share the load
	ReasonGitHubDown   ReasonKind = "github_down"      // nobody: GitHub comes back
	ReasonGitHubDenies ReasonKind = "github_denies"    // operator: mend the App's key or its permissions
	ReasonNoApp        ReasonKind = "no_app"           // operator: set up a GitHub App
	ReasonNoGroup      ReasonKind = "no_runner_group"  // operator: make the runner group, or correct RunnerGroup
	ReasonBarred       ReasonKind = "group_bars"       // operator: let the repository use the runner group, in the group's settings on GitHub
	ReasonMaxRunners   ReasonKind = "max_runners"      // operator: raise MaxRunners
	ReasonShare        ReasonKind = "repository_share" // operator: raise PerRepository
	ReasonMaxMinutes   ReasonKind = "max_minutes"      // nobody: it goes on at midnight, UTC; operator: raise MaxMinutesPerDay, and see in the audit what the minutes went into
	ReasonLaunchRate   ReasonKind = "launch_rate"      // nobody: it passes within a second; operator: raise LaunchRate
	ReasonNoCapacity   ReasonKind = "no_capacity"      // developer: allow more in the label, as more families; operator: add zones to Subnets, or Families
	ReasonLaunchFailed ReasonKind = "launch_failed"    // operator: where it is a quota or a permission, have it raised or granted; where it is a mistake, as in a subnet, mend it; nobody: anything else passes

	ReasonOftenInterrupted ReasonKind = "often_interrupted" // nobody: it is tried again then; developer: write spot=false where a job must not be cut short

	// Why a job is refused.
	ReasonBadLabel          ReasonKind = "bad_label"          // developer: write the label as the reason says
	ReasonNotAllowed        ReasonKind = "not_allowed"        // developer: ask for less; operator: change the setting that the reason names
	ReasonNoInstanceType    ReasonKind = "no_instance_type"   // developer: ask for what the reason names
	ReasonNoImage           ReasonKind = "no_image"           // operator: build one, and name it in Images; developer: ask for another architecture
	ReasonLaunchRejected    ReasonKind = "launch_rejected"    // operator: mend what EC2's message names: the image, a subnet, the root volume
	ReasonAttemptsExhausted ReasonKind = "attempts_exhausted" // operator: find out what the last reason is about, most often the image; developer: run the job again then
	ReasonPublic            ReasonKind = "public_repository"  // operator: set AllowPublic; developer: use a runner of GitHub's
	ReasonFork              ReasonKind = "fork"               // operator: set AllowForks; developer: use a runner of GitHub's
	ReasonGone              ReasonKind = "gone"               // nobody: somebody deleted it
	ReasonNotInstalled      ReasonKind = "not_installed"      // operator: install the App there; developer: run the job again then
	ReasonTooOld            ReasonKind = "too_old"            // developer: run it again
	ReasonNotApproved       ReasonKind = "not_approved"       // developer: run it again, and have it approved

	// What comes of a job that was interrupted.
	ReasonAwaitsRerun ReasonKind = "awaits_rerun" // nobody: the other jobs of its run end
	ReasonRerun       ReasonKind = "rerun"        // nobody: it runs again
	ReasonNotRerun    ReasonKind = "not_rerun"    // developer: run it again; operator: where our App may not, grant it actions: write

	// Why a runner failed.
	ReasonNoJITConfig  ReasonKind = "no_jit_config"    // nobody: the next runner is launched; operator: if it is seen often, GitHub's answer says why
	ReasonExitedEarly  ReasonKind = "exited_early"     // operator: read what the agent says, and the instance's image; nobody: the next runner is launched
	ReasonNeverBooted  ReasonKind = "never_booted"     // operator: if it is seen often, see what the image does at boot; nobody: the next runner is launched elsewhere
	ReasonIdleTooLong  ReasonKind = "idle_too_long"    // nobody: the job that it was launched for is gone
	ReasonOverdue      ReasonKind = "overdue"          // developer: make the job shorter; operator: raise MaxRuntime
	ReasonSurplus      ReasonKind = "surplus"          // nobody: jobs were cancelled, or other runners took them
	ReasonUnregistered ReasonKind = "unregistered"     // nobody: its job ended, or somebody removed it
	ReasonUnknown      ReasonKind = "unknown_instance" // operator: find out who launches with the stack's tag; it is ended
	ReasonInterrupted  ReasonKind = "interrupted"      // developer: write spot=false where a job must not be cut short
	ReasonInstanceGone ReasonKind = "instance_gone"    // operator: find out who ended it; nobody else but EC2 does

	// What is wrong with an image.
	ReasonImageBroken ReasonKind = "image_broken" // operator: see what the image does at boot, on an instance's console; then build and promote one that boots
	ReasonImageOld    ReasonKind = "image_old"    // operator: build a new image and promote it: mayfly image build

	// Why a runner's instance is ended.
	ReasonJobEnded ReasonKind = "job_ended" // nobody: all is well
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
// a quota, a permission, a mistake.
func (r Reason) Lasting() bool {
	return r.How == string(Quota) || r.How == string(Denied) || r.How == string(BadRequest)
}

// sentences is what each kind says. In braces stand the parameters; {: how} is nothing where there
// is no How.
var sentences = map[ReasonKind]string{
	ReasonNone: "",

	ReasonUnknownKeys: "keys of its label that are not known did nothing: {how}",

	ReasonOtherStack: "it is for another stack: {what}, and this one has {how}",

	ReasonOrigin:       "GitHub is asked whether its code is the repository's own",
	ReasonLaunching:    "launching an instance for it ({what}, attempt {n} of " + strconv.Itoa(MaxAttempts) + "){: how}",
	ReasonBooting:      "a runner of its class is booting",
	ReasonListening:    "a runner of its class is listening; GitHub chooses which job goes where",
	ReasonTaken:        "a runner of its class took a job; GitHub has yet to say which",
	ReasonEC2Rate:      "EC2's request rate is used up; it refills by the second",
	ReasonGitHubBudget: "GitHub's request budget for {what} is used up; it refills by the minute",
	ReasonGitHubDown:   "GitHub does not answer for {what}; it is asked again every minute",
	ReasonGitHubDenies: "GitHub lets our App register no runner for {what}: check the App's key and its permissions",
	ReasonNoApp:        "no GitHub App is set up yet: give the stack the id and the private key of one",
	ReasonNoGroup:      "{what} has no runner group {how}: make it on GitHub, or correct RunnerGroup",
	ReasonBarred:       "the runner group {how} takes no jobs of {what}: allow it in the group's settings on GitHub, and public repositories if it is one",
	ReasonMaxRunners:   "all {n} runners that the stack may have are there",
	ReasonShare:        "{what} has all {n} runners that it may have",
	ReasonMaxMinutes:   "runners have had {what} minutes today, and the stack may have {n} in a day (MaxMinutesPerDay); it goes on at {until} UTC, or once that is raised",
	ReasonLaunchRate:   "{n} instances were launched within a second, as many as the stack may",
	ReasonNoCapacity:   "EC2 has no capacity for {what}; next try at {until} UTC",
	ReasonLaunchFailed: "EC2 answered the launch with {what}; next try at {until} UTC",

	ReasonOftenInterrupted: "EC2 took spot instances of {what} back too often; next try at {until} UTC",

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

	ReasonAwaitsRerun: "EC2 took its spot instance back: it runs again, on demand, once all of its run has ended",
	ReasonRerun:       "EC2 took its spot instance back: it runs again, on demand",
	ReasonNotRerun:    "EC2 took its spot instance back, and it does not run again: {how}",

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

	ReasonImageBroken: "{n} instances of {what} in a row did not come to listen: {how}",
	ReasonImageOld:    "what is on {what} is {n} days old; from the 30th on GitHub may have its runner update itself before each job: build a new image and promote it",

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
