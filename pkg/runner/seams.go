package runner

import "errors"

// Message is one delivery of the queue. The same body may be delivered again, until it is
// acknowledged by a handle.
type Message struct {
	Handle string
	Body   []byte // an [Event] as JSON, unless somebody else wrote it
}

// MaxCommit is how many items one commit to the record may have. DynamoDB's transactions take 100,
// and one of them is the check of the lease.
const MaxCommit = 99

// What a record and EC2 answer, where it matters which error it is.
var (
	// ErrLeaseTaken: somebody else runs a pass.
	ErrLeaseTaken = errors.New("the lease is taken")
	// ErrOneRefused: EC2 refuses one of the instances of a call, and so the whole call: one that it does
	// not know, or that is not ours to end.
	ErrOneRefused = errors.New("EC2 refuses one of the instances")
	// ErrFenced: the lease that a commit was made under has passed on. Nothing was written.
	ErrFenced = errors.New("the lease has passed on to somebody else")
)
