// Package runner is the domain: every value that crosses a boundary of the system, and the rules
// that those values keep by themselves. It stands on the standard library alone.
//
// A job and a runner are two things, never one row: GitHub hands a queued job to any online runner
// with matching labels. What joins them is the [Class]. Jobs of a class are its demand, runners that
// launch, boot or idle are its supply, and the scheduler launches the difference.
//
//	job:     waiting ⇄ queued → running → completed        or refused(reason), expired
//	runner:  launching → booting → idle → busy → finished → terminated
//	         or failed(reason), interrupted; both end terminated
//	launch:  open → closed
//
// A runner that is to go while a job could still come to it (surplus, never booted, interrupted) is
// first marked as [Runner.Leaving], and removed on GitHub; only then does its instance end.
//
// [Job.To] and [Runner.To] are the only way from one state to another: they refuse an illegal
// transition and stamp a legal one, and every latency is a difference of two stamps.
package runner
