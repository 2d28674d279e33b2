// Package server hears of jobs and launches a runner for each.
//
//	GitHub ──workflow_job──▶ webhook ──▶ queue ──▶ pass
//
//	pass:  lease ─▶ drain the queue ─▶ lifecycle ─▶ scheduler ─▶ launch ─▶ terminate ─▶ rerun ─▶ sweep ─▶ alert ─▶ image ─▶ usage ─▶ next
//	                                   facts into   demand −     fleet     what has     what     once a   what     how      minutes
//	                                   states       supply       calls,    nothing      EC2 cut  minute:  people   old      that
//	                                        ▲                    JIT       left to do   short    look     must     they     runners
//	                                        │                                                      │      know     are      lived
//	                                        └──────── what was lost on the way ◀───────────────────┘
//
// All work is done in a [Server.Pass], and a pass is what its host makes of it: a container's loop,
// a Lambda's invocation, a test's bubble. A pass may die anywhere: every effect is preceded by its
// stored intent, and the next pass goes on from what is stored.
//
// Each stage is a folder and knows no other stage. The record, the queue, EC2, GitHub and S3 are
// [Seams]: whoever builds a server brings them.
package server
