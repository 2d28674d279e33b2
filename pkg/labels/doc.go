// Package labels reads what a job asks for out of its runs-on labels: the grammar of RunsOn, so
// that workflows move over unchanged, under two names that mean the same.
//
//	mayfly=${{ github.run_id }}/runner=4cpu-linux-x64/spot=false
//	└ name └ routing value      └ keys, each key=value, in any order
//
// A comma may stand for a slash, and keys may be labels of their own beside the one with the name.
//
// The routing value keeps the jobs of one run apart from those of another; it is not read. A key
// that the grammar does not have is ignored, so it may serve the same purpose; one that looks like
// a slip of the pen is ignored and told. A key that the grammar has, but that is not supported, is an
// error that says what to do instead: a job never silently gets something else than it asked for.
//
// Source: the public documentation of RunsOn, "Job labels".
package labels
