package runner

import (
	"errors"
	"fmt"
	"time"
)

// What GitHub answers, where it matters which error it is. Any other error is worth another try.
var (
	// ErrNameTaken: a runner of this name is registered (409). It is never used again; try the next.
	ErrNameTaken = errors.New("a runner of this name is already registered")
	// ErrRejected: GitHub will not do it, however often it is asked (422).
	ErrRejected = errors.New("GitHub rejects the request")
	// ErrDenied: GitHub does not let us, until somebody mends a key or a permission (401, 403 without a
	// limit).
	ErrDenied = errors.New("GitHub does not let us")
	// ErrNoApp: no GitHub App is set up yet, so GitHub was not asked.
	ErrNoApp = errors.New("no GitHub App is set up: give the stack the id and the private key of one")
	// ErrGone: there is no such job, repository or installation (404).
	ErrGone = errors.New("it is not there")
	// ErrNotInstalled: the App has no installation with the repository, as far as GitHub shows it. It wraps
	// ErrGone.
	ErrNotInstalled error = notInstalledError{}
	// ErrNoGroup: the organisation has no runner group of the name.
	ErrNoGroup = errors.New("the organisation has no such runner group")
	// ErrBarred: the runner group takes no jobs of the repository.
	ErrBarred = errors.New("the runner group does not take the repository's jobs")
	// ErrBusy: the runner has a job, so it is not removed (422).
	ErrBusy = errors.New("the runner is busy")
)

type notInstalledError struct{}

func (notInstalledError) Error() string { return "it is not installed there" }

func (notInstalledError) Unwrap() error { return ErrGone }

// A LimitError is GitHub's answer that an App has asked too often, and when it may ask again.
type LimitError struct {
	App   int64
	Owner string // whose installation of the App it is
	Until time.Time
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("App %d has used up GitHub's limit for %s until %s", e.App, e.Owner, e.Until.UTC().Format(time.TimeOnly))
}
