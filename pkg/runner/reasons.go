package runner

import (
	"strconv"
	"time"
)

// NoReason: there is nothing to tell.
func NoReason() Reason { return Reason{} }

// UnknownKeys: keys that mean nothing did nothing; each with what was perhaps meant.
func UnknownKeys(list string) Reason { return Reason{Kind: ReasonUnknownKeys, How: list} }

// OtherStack: the job asks for a stack in another environment or region than this one's.
func OtherStack(asked, own string) Reason {
	return Reason{Kind: ReasonOtherStack, What: asked, How: own}
}

// Asking: it depends on where the job's code comes from, and GitHub has yet to say.
func Asking() Reason { return Reason{Kind: ReasonOrigin} }

// PublicRepository: the job is of a public repository, and those are not trusted.
func PublicRepository(repository string) Reason {
	return Reason{Kind: ReasonPublic, What: repository}
}

// Fork: the job's code is of a fork of the repository, and those are not trusted.
func Fork(repository string) Reason { return Reason{Kind: ReasonFork, What: repository} }

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

// GitHubDown: GitHub gives no JIT configs for an owner, nor anything else.
func GitHubDown(owner string) Reason { return Reason{Kind: ReasonGitHubDown, What: owner} }

// GitHubDenies: GitHub lets no App of ours make JIT configs for an owner.
func GitHubDenies(owner string) Reason { return Reason{Kind: ReasonGitHubDenies, What: owner} }

// NoApp: no GitHub App is set up.
func NoApp() Reason { return Reason{Kind: ReasonNoApp} }

// NoGroup: an organisation has no runner group of the name that RunnerGroup says.
func NoGroup(organisation, group string) Reason {
	return Reason{Kind: ReasonNoGroup, What: organisation, How: group}
}

// Barred: the runner group takes no jobs of a repository.
func Barred(repository, group string) Reason {
	return Reason{Kind: ReasonBarred, What: repository, How: group}
}

// NotInstalled: no App of ours is installed on the repository, as far as GitHub shows it to us.
func NotInstalled(repository string) Reason {
	return Reason{Kind: ReasonNotInstalled, What: repository}
}

// MaxRunners: as many runners as the stack may have are there.
func MaxRunners(most int) Reason { return Reason{Kind: ReasonMaxRunners, N: most} }

// Share: the repository has as many runners as one may have.
func Share(repository string, most int) Reason {
	return Reason{Kind: ReasonShare, What: repository, N: most}
}

// MaxMinutes: runners have lived, or are launched for, as many minutes as the stack may have in a day; it goes on
// when the day ends.
func MaxMinutes(most int, had time.Duration, until time.Time) Reason {
	return Reason{Kind: ReasonMaxMinutes, N: most, What: strconv.Itoa(int(had.Minutes())), Until: wholeSecond(until)}
}

// LaunchRate: as many instances a second as the stack may launch were launched.
func LaunchRate(perSecond int) Reason { return Reason{Kind: ReasonLaunchRate, N: perSecond} }

// OutOfCapacity: EC2 said that it has none of any offering of the shape; asked again then.
func OutOfCapacity(shape string, until time.Time) Reason {
	return Reason{Kind: ReasonNoCapacity, What: shape, Until: wholeSecond(until)}
}

// OftenInterrupted: EC2 took back so many spot instances of a type in a zone that it is left alone until then.
func OftenInterrupted(instanceType string, until time.Time) Reason {
	return Reason{Kind: ReasonOftenInterrupted, What: instanceType, Until: wholeSecond(until)}
}

// LaunchFailed: EC2 answered a launch with this error; tried again then.
func LaunchFailed(problem LaunchError, until time.Time) Reason {
	return Reason{Kind: ReasonLaunchFailed, What: problem.Code, How: string(problem.Class), Until: wholeSecond(until)}
}

// LaunchRejected: EC2 will not do the launch, however often it is asked.
func LaunchRejected(code, message string) Reason {
	return Reason{Kind: ReasonLaunchRejected, What: code, How: message}
}

// BadLabel: a label, and what is wrong with it and how to mend it.
func BadLabel(label, how string) Reason {
	return Reason{Kind: ReasonBadLabel, What: label, How: how}
}

// NotAllowed: what a label asks for is more than the stack allows; how names the setting that says so.
func NotAllowed(asked, how string) Reason {
	return Reason{Kind: ReasonNotAllowed, What: asked, How: how}
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

// NotApproved: nobody approved the job for as long as GitHub waits for that.
func NotApproved() Reason { return Reason{Kind: ReasonNotApproved} }

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

// AwaitsRerun: the job was interrupted, and runs again once its run has ended.
func AwaitsRerun() Reason { return Reason{Kind: ReasonAwaitsRerun} }

// RunsAgain: the job was interrupted, and runs again under another id.
func RunsAgain() Reason { return Reason{Kind: ReasonRerun} }

// NotRerun: the job was interrupted, and is not run again, for why.
func NotRerun(why string) Reason { return Reason{Kind: ReasonNotRerun, How: why} }

// ImageBroken: so many instances of an image in a row never listened. Instead is the one that is launched in its
// place; empty if there is none.
func ImageBroken(image string, inARow int, instead string) Reason {
	how := "no other was promoted before it: promote one that boots"
	if instead != "" {
		how = instead + " is launched instead, until another is promoted"
	}
	return Reason{Kind: ReasonImageBroken, What: image, N: inARow, How: how}
}

// ImageOld: the runner on an image was released, or the image made, so many days ago.
func ImageOld(image string, days int) Reason {
	return Reason{Kind: ReasonImageOld, What: image, N: days}
}

// JobEnded: the runner's one job ended; 0 is one of which GitHub has not said yet which it is.
func JobEnded(job int64) Reason {
	if job == 0 {
		return Reason{Kind: ReasonJobEnded, What: "of its class"}
	}
	return Reason{Kind: ReasonJobEnded, What: strconv.FormatInt(job, 10)}
}

func wholeSecond(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
