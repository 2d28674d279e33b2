// Package localhub is a GitHub in a process. It signs and sends webhooks, hands queued jobs to
// runners, and serves the few API calls that we make, in GitHub's shapes.
//
//	Queue ──▶ queued job ─┐                        ┌─▶ webhooks: queued, in_progress, completed
//	                      ├─▶ assign (by seed) ────┤
//	JIT config ──▶ Runner ┘  any job, any runner   └─▶ the runner's log and conclusion ──▶ Books
//	               opens a session
//
// A [Hub] is an http.Handler that its user serves: on 127.0.0.1, or on a localnet, where the fake
// clock of a testing/synctest bubble runs on. Everything that happens is in its [Books], which know
// nothing of what the system under test believes.
//
// All goes well unless [Config].Faults says otherwise: [Faults] are hooks that decide what becomes of a
// webhook, an API call, a runner and a job; [RandomFaults] are such hooks, by a seed. What GitHub does by
// itself is no fault: it keeps to its secondary limit, forgets runners that idle, and fails the jobs of
// runners that fall silent.
//
// [Runner] is the other half: it behaves as GitHub's runner does, towards its hub, its output and its
// exit code, and leaves the execution of the job's steps to its user.
package localhub
