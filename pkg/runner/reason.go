package runner

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ReasonKind is what kind of reason a [Reason] is.
type ReasonKind string

// The kinds of reasons. Each has a constructor below that says which parameters it takes.
const (
	ReasonNone ReasonKind = ""

	// Why a job is queued.
	ReasonLaunching    ReasonKind = "launching"
	ReasonBooting      ReasonKind = "booting"
	ReasonListening    ReasonKind = "listening"
	ReasonTaken        ReasonKind = "taken"
	ReasonEC2Rate      ReasonKind = "ec2_rate"
	ReasonGitHubBudget ReasonKind = "github_budget"
	ReasonMaxRunners   ReasonKind = "max_runners"
	ReasonShare        ReasonKind = "repository_share"
	ReasonLaunchRate   ReasonKind = "launch_rate"
	ReasonNoCapacity   ReasonKind = "no_capacity"
	ReasonLaunchFailed ReasonKind = "launch_failed"

	// Why a job is refused.
	ReasonBadLabel          ReasonKind = "bad_label"
	ReasonNoInstanceType    ReasonKind = "no_instance_type"
	ReasonNoImage           ReasonKind = "no_image"
	ReasonLaunchRejected    ReasonKind = "launch_rejected"
	ReasonAttemptsExhausted ReasonKind = "attempts_exhausted"
	ReasonGone              ReasonKind = "gone"
	ReasonTooOld            ReasonKind = "too_old"

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

// NoReason: there is nothing to tell.
func NoReason() Reason { return Reason{} }

// Launching: a launch of the shape has been decided, the attempt-th made for this job.
func Launching(shape string, attempt int) Reason {
	return Reason{Kind: ReasonLaunching, What: shape, N: attempt}
}

// Booting: a runner of the job's class boots. How many is computed when it is read: a reason that
// changes with every runner would be written for every job.
func Booting() Reason { return Reason{Kind: ReasonBooting} }

// Listening: a runner of the job's class listens, and GitHub has yet to choose.
func Listening() Reason { return Reason{Kind: ReasonListening} }

// Taken: a runner of the job's class says that it took a job, and GitHub has yet to say which.
func Taken() Reason { return Reason{Kind: ReasonTaken} }

// EC2Rate: EC2's request rate allows no fleet call just now.
func EC2Rate() Reason { return Reason{Kind: ReasonEC2Rate} }

// GitHubBudget: GitHub's budget for an owner would leave an instance waiting for its JIT config.
func GitHubBudget(owner string) Reason { return Reason{Kind: ReasonGitHubBudget, What: owner} }

// MaxRunners: as many runners as the stack may have are there.
func MaxRunners(most int) Reason { return Reason{Kind: ReasonMaxRunners, N: most} }

// Share: the repository has as many runners as one may have.
func Share(repository string, most int) Reason {
	return Reason{Kind: ReasonShare, What: repository, N: most}
}

// LaunchRate: as many instances a second as the stack may launch were launched.
func LaunchRate(perSecond int) Reason { return Reason{Kind: ReasonLaunchRate, N: perSecond} }

// OutOfCapacity: EC2 said that it has none of any offering of the shape; asked again then.
func OutOfCapacity(shape string, until time.Time) Reason {
	return Reason{Kind: ReasonNoCapacity, What: shape, Until: wholeSecond(until)}
}

// LaunchFailed: EC2 answered a launch with this error; tried again then.
func LaunchFailed(problem LaunchError, until time.Time) Reason {
	return Reason{Kind: ReasonLaunchFailed, What: problem.Code, How: string(problem.Class), Until: wholeSecond(until)}
}

// Lasting says, of a launch that failed, whether it will fail again until somebody changes something:
// a quota, a permission.
func (r Reason) Lasting() bool {
	return r.How == string(Quota) || r.How == string(Denied)
}

// LaunchRejected: EC2 will not do the launch, however often it is asked.
func LaunchRejected(code, message string) Reason {
	return Reason{Kind: ReasonLaunchRejected, What: code, How: message}
}

// BadLabel: a label, and what is wrong with it and how to mend it.
func BadLabel(label, how string) Reason {
	return Reason{Kind: ReasonBadLabel, What: label, How: how}
}

// NoInstanceType: no instance type is what the job asks for, and how to ask for less.
func NoInstanceType(asked, how string) Reason {
	return Reason{Kind: ReasonNoInstanceType, What: asked, How: how}
}

// NoImage: the stack has no image for the architecture.
func NoImage(arch string) Reason { return Reason{Kind: ReasonNoImage, What: arch} }

// AttemptsExhausted: so many launches were made, and no runner came of them; last is the last error.
func AttemptsExhausted(attempts int, last string) Reason {
	return Reason{Kind: ReasonAttemptsExhausted, N: attempts, What: last}
}

// NoJITConfig: GitHub gave no JIT config, and will not.
func NoJITConfig(problem string) Reason { return Reason{Kind: ReasonNoJITConfig, How: problem} }

// ExitedEarly: the runner ended with an exit code and had taken no job; problem is the agent's
// word for why, and may be empty.
func ExitedEarly(code int, problem string) Reason {
	return Reason{Kind: ReasonExitedEarly, N: code, How: problem}
}

// InstanceGone: EC2 ended the instance before its job had ended.
func InstanceGone(state string) Reason { return Reason{Kind: ReasonInstanceGone, What: state} }

// Gone: GitHub has no such job, or no such repository.
func Gone() Reason { return Reason{Kind: ReasonGone} }

// TooOld: GitHub fails a job that was queued for a day.
func TooOld() Reason { return Reason{Kind: ReasonTooOld} }

// NeverBooted: the runner did not come to listen in time.
func NeverBooted(limit time.Duration) Reason {
	return Reason{Kind: ReasonNeverBooted, What: limit.String()}
}

// IdleTooLong: the runner got no job in time, and did not end by itself.
func IdleTooLong(limit time.Duration) Reason {
	return Reason{Kind: ReasonIdleTooLong, What: limit.String()}
}

// Overdue: the instance is older than any may be.
func Overdue(limit time.Duration) Reason { return Reason{Kind: ReasonOverdue, What: limit.String()} }

// Surplus: there are more runners of the class than jobs for them.
func Surplus() Reason { return Reason{Kind: ReasonSurplus} }

// Unregistered: GitHub has no such runner any more.
func Unregistered() Reason { return Reason{Kind: ReasonUnregistered} }

// UnknownInstance: the instance is the stack's, but no launch that is known made it.
func UnknownInstance() Reason { return Reason{Kind: ReasonUnknown} }

// Interrupted: EC2 takes the spot instance back.
func Interrupted() Reason { return Reason{Kind: ReasonInterrupted} }

// JobEnded: the runner's one job ended.
func JobEnded(job int64) Reason {
	return Reason{Kind: ReasonJobEnded, What: strconv.FormatInt(job, 10)}
}

func (r Reason) String() string {
	until := "; next try at " + r.Until.Format(time.TimeOnly) + " UTC"
	switch r.Kind {
	case ReasonNone:
		return ""
	case ReasonLaunching:
		return fmt.Sprintf("launching an instance for it (%s, attempt %d of %d)", r.What, r.N, MaxAttempts)
	case ReasonBooting:
		return "a runner of its class is booting"
	case ReasonListening:
		return "a runner of its class is listening; GitHub chooses which job goes where"
	case ReasonTaken:
		return "a runner of its class took a job; GitHub has yet to say which"
	case ReasonEC2Rate:
		return "EC2's request rate is used up; it refills by the second"
	case ReasonGitHubBudget:
		return "GitHub's request budget for " + r.What + " is used up; it refills by the minute"
	case ReasonMaxRunners:
		return fmt.Sprintf("all %d runners that the stack may have are there", r.N)
	case ReasonShare:
		return fmt.Sprintf("%s has all %d runners that one repository may have", r.What, r.N)
	case ReasonLaunchRate:
		return fmt.Sprintf("%d instances were launched within a second, as many as the stack may", r.N)
	case ReasonNoCapacity:
		return "EC2 has no capacity for " + r.What + until
	case ReasonLaunchFailed:
		return "EC2 answered the launch with " + r.What + until
	case ReasonLaunchRejected:
		return "EC2 refuses the launch with " + r.What + ": " + r.How
	case ReasonBadLabel:
		return fmt.Sprintf("label %q: %s", r.What, r.How)
	case ReasonNoInstanceType:
		return "no instance type has " + r.What + ": " + r.How
	case ReasonNoImage:
		return "there is no image for " + r.What + ": build one, or ask for another architecture"
	case ReasonAttemptsExhausted:
		return fmt.Sprintf("%d launches brought no runner that took it, the last one: %s", r.N, r.What)
	case ReasonNoJITConfig:
		return "GitHub gave no JIT config: " + r.How
	case ReasonExitedEarly:
		return strings.TrimSuffix(fmt.Sprintf("the runner exited with code %d before it took a job: %s", r.N, r.How), ": ")
	case ReasonInstanceGone:
		return "the instance was " + r.What + " before its job had ended"
	case ReasonGone:
		return "GitHub has no such job any more"
	case ReasonTooOld:
		return "it was queued for 24 hours: GitHub has failed it"
	case ReasonNeverBooted:
		return "the runner did not listen within " + r.What
	case ReasonIdleTooLong:
		return "no job came within " + r.What
	case ReasonOverdue:
		return "the instance was older than " + r.What
	case ReasonSurplus:
		return "there are more runners of its class than jobs for them"
	case ReasonUnregistered:
		return "GitHub has no such runner any more"
	case ReasonUnknown:
		return "the instance is this stack's, but of no launch that is known"
	case ReasonInterrupted:
		return "EC2 takes the spot instance back"
	case ReasonJobEnded:
		return "job " + r.What + " ended"
	}
	return string(r.Kind)
}

func wholeSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
