package runner

import "errors"

// What GitHub answers to the request for a JIT config, where it matters which error it is. Any
// other error is worth another try.
var (
	// ErrNameTaken: a runner of this name is registered (409). It is never used again; try the next.
	ErrNameTaken = errors.New("a runner of this name is already registered")
	// ErrRejected: GitHub will not do it, however often it is asked (401, 403 without a limit, 404, 422).
	ErrRejected = errors.New("GitHub rejects the request")
)
