// Package localcloud is an AWS in a process, as far as Mayfly needs one: EC2's instant fleets, a
// metadata service and credentials for each instance, S3, and the events of both.
//
//	Launch ─▶ pools ─▶ machine: pending ─▶ running ─▶ shutting-down ─▶ terminated
//	                              │           │ Boot(ctx, Machine)        ▲
//	                              │           └─ its return, or Terminate ┘
//	                              └──────▶ Events, in order for each instance
//	S3 ─▶ gate: whose key is it, and is that object theirs? ─▶ gofakes3
//
// It does what simpler doubles do not: a client token repeated gives no second launch, a request too
// many is throttled, Describe lags, an object that is missing is 403 to an instance, and an instance
// reaches nothing but its own prefix.
//
// What goes wrong is decided by [Faults]: a test's own hooks, or [RandomFaults]. With none, nothing
// does but what any account meets: a pool that is empty, a bucket that is, and Describe's lag.
//
// The clock is package time, so in a testing/synctest bubble it is the bubble's. Nothing opens a
// socket: the handlers of S3 and of the metadata are its user's to serve. All that is random comes
// from [Config.Seed].
package localcloud
