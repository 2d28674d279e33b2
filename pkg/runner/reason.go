package runner

import (
	"fmt"
	"strconv"
	"time"
)

// ReasonKind is what kind of reason a [Reason] is.
type ReasonKind string

// The kinds of reasons. Each has a constructor below that says which parameters it takes.
const (
	NoReason ReasonKind = ""

	// Why a job is queued.
	ReasonLaunching    ReasonKind = "launching"
	ReasonBooting      ReasonKind = "booting"
	ReasonListening    ReasonKind = "listening"
	ReasonEC2Rate      ReasonKind = "ec2_rate"
	ReasonGitHubBudget ReasonKind = "github_budget"
	ReasonNoCapacity   ReasonKind = "no_capacity"

	// Why a launch's next call waits.
	ReasonLaunchFailed ReasonKind = "launch_failed"

	// Why a job is refused.
	ReasonBadLabel          ReasonKind = "bad_label"
	ReasonNoInstanceType    ReasonKind = "no_instance_type"
	ReasonAttemptsExhausted ReasonKind = "attempts_exhausted"

	// Why a runner failed.
	ReasonNoJITConfig  ReasonKind = "no_jit_config"
	ReasonExitedEarly  ReasonKind = "exited_early"
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

// Launching: a launch of the shape has been decided, the attempt-th made for this job.
func Launching(shape string, attempt int) Reason {
	return Reason{Kind: ReasonLaunching, What: shape, N: attempt}
}

// Booting: so many runners of the job's class boot.
func Booting(runners int) Reason { return Reason{Kind: ReasonBooting, N: runners} }

// Listening: so many runners of the job's class listen, and GitHub has yet to choose one.
func Listening(runners int) Reason { return Reason{Kind: ReasonListening, N: runners} }

// EC2Rate: EC2's request rate allows no fleet call until then.
func EC2Rate(until time.Time) Reason {
	return Reason{Kind: ReasonEC2Rate, Until: wholeSecond(until)}
}

// GitHubBudget: the installation's budget allows no JIT config until then.
func GitHubBudget(installation int64, until time.Time) Reason {
	return Reason{Kind: ReasonGitHubBudget, What: strconv.FormatInt(installation, 10), Until: wholeSecond(until)}
}

// OutOfCapacity: EC2 said that it has none of any offering of the shape; asked again then.
func OutOfCapacity(shape string, until time.Time) Reason {
	return Reason{Kind: ReasonNoCapacity, What: shape, Until: wholeSecond(until)}
}

// LaunchFailed: the nth call for a launch failed with EC2's code; called again then.
func LaunchFailed(code string, calls int, until time.Time) Reason {
	return Reason{Kind: ReasonLaunchFailed, What: code, N: calls, Until: wholeSecond(until)}
}

// BadLabel: a label, and what is wrong with it and how to mend it.
func BadLabel(label, how string) Reason {
	return Reason{Kind: ReasonBadLabel, What: label, How: how}
}

// NoInstanceType: no instance type is what the job asks for, and how to ask for less.
func NoInstanceType(asked, how string) Reason {
	return Reason{Kind: ReasonNoInstanceType, What: asked, How: how}
}

// AttemptsExhausted: so many launches were made, and no runner came of them; last is the last error.
func AttemptsExhausted(attempts int, last string) Reason {
	return Reason{Kind: ReasonAttemptsExhausted, N: attempts, What: last}
}

// NoJITConfig: GitHub gave no JIT config, and will not.
func NoJITConfig(problem string) Reason { return Reason{Kind: ReasonNoJITConfig, How: problem} }

// ExitedEarly: the runner ended with an exit code and had taken no job.
func ExitedEarly(code int) Reason { return Reason{Kind: ReasonExitedEarly, N: code} }

// InstanceGone: EC2 ended the instance before its job had ended.
func InstanceGone(state string) Reason { return Reason{Kind: ReasonInstanceGone, What: state} }

// JobEnded: the runner's one job ended.
func JobEnded(job int64) Reason {
	return Reason{Kind: ReasonJobEnded, What: strconv.FormatInt(job, 10)}
}

func (r Reason) String() string {
	until := "; next try at " + r.Until.Format(time.TimeOnly) + " UTC"
	switch r.Kind {
	case NoReason:
		return ""
	case ReasonLaunching:
		return fmt.Sprintf("launching an instance for it (%s, attempt %d of %d)", r.What, r.N, MaxAttempts)
	case ReasonBooting:
		return count(r.N, "runner") + " of its class " + isAre(r.N) + " booting"
	case ReasonListening:
		return count(r.N, "runner") + " of its class " + isAre(r.N) + " listening; GitHub chooses which job goes where"
	case ReasonEC2Rate:
		return "EC2's request rate is used up" + until
	case ReasonGitHubBudget:
		return "GitHub's request budget of installation " + r.What + " is used up" + until
	case ReasonNoCapacity:
		return "EC2 has no capacity for " + r.What + until
	case ReasonLaunchFailed:
		return fmt.Sprintf("launch call %d failed with %s%s", r.N, r.What, until)
	case ReasonBadLabel:
		return fmt.Sprintf("label %q: %s", r.What, r.How)
	case ReasonNoInstanceType:
		return "no instance type has " + r.What + ": " + r.How
	case ReasonAttemptsExhausted:
		return count(r.N, "launch attempt") + " failed, the last one with: " + r.What
	case ReasonNoJITConfig:
		return "GitHub gave no JIT config: " + r.How
	case ReasonExitedEarly:
		return fmt.Sprintf("the runner exited with code %d before it took a job", r.N)
	case ReasonInstanceGone:
		return "the instance was " + r.What + " before its job had ended"
	case ReasonJobEnded:
		return "job " + r.What + " ended"
	}
	return string(r.Kind)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wholeSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
