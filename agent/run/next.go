package run

import (
	"fmt"
	"strings"
	"time"
)

// Exit codes of GitHub's listener.
// Source: github.com/actions/runner, src/Runner.Common/Constants.cs, ReturnCode.
const (
	exitDone       = 0 // it had its job, or was told to end
	exitRefused    = 1 // an error that will not pass
	exitRetry      = 2 // one that may
	exitUpdating   = 3 // its update takes its place
	exitUpdateOnce = 4 // the same, of a runner that has one job
	exitConflict   = 5 // another runner of its name is connected
	exitRefreshed  = 6 // GitHub sent it another configuration
	exitOutdated   = 7 // its version is refused; only with VersionVariable, and from version 2.333 on
)

// VersionVariable, set to 1, has the listener end with an exit code of its own when GitHub refuses its
// version. Source: github.com/actions/runner, src/Misc/layoutroot/run-helper.sh.template.
const VersionVariable = "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"

const (
	retryWait = 5 * time.Second // as run-helper.sh waits
	maxTries  = 10              // as RunnerService.js, which is GitHub's service, gives up; run.sh never does
)

// updates says whether a listener ended to be replaced by its update, which works on after its end.
func updates(code int) bool { return code == exitUpdating || code == exitUpdateOnce }

// next is what follows the end of a listener that was started so many times and took no job: whether it
// is started again, and how long after. An update takes its own time.
// Source: github.com/actions/runner, src/Misc/layoutroot/run.sh and run-helper.sh.template; that a refreshed
// runner is to be started again only Constants.cs says.
func next(code, tries int) (again bool, wait time.Duration) {
	switch {
	case tries >= maxTries:
		return false, 0
	case code == exitRetry:
		return true, retryWait
	case updates(code), code == exitRefreshed:
		return true, 0
	}
	return false, 0
}

// outdated is how GitHub refuses a version, in its own words.
const outdated = "is deprecated and cannot receive messages"

// Meaning is why a runner ended that took no job, and what can be done, from its exit code and what it
// complained of (see [Output.Complaint]).
func Meaning(code int, complaint string) string {
	why := meaning(code, complaint)
	if complaint != "" {
		why += "; it said: " + complaint
	}
	return why
}

func meaning(code int, complaint string) string {
	switch {
	case code == exitOutdated, strings.Contains(complaint, outdated):
		return "GitHub refuses its version: build the image again, with the newest runner"
	case code == exitDone:
		return "it was removed on GitHub, or told to end"
	case code == exitRefused:
		return "its JIT config was used or removed, its directory is not its user's, or GitHub refused it"
	case code == exitRetry:
		return fmt.Sprintf("it failed %d times: see that its subnet reaches GitHub", maxTries)
	case updates(code):
		return "it updated itself over and over: build the image again, with the newest runner"
	case code == exitConflict:
		return "another runner of its name is connected to GitHub"
	case code > 128:
		return fmt.Sprintf("signal %d ended it: its image may lack one of .NET's libraries, or memory", code-128)
	}
	return "GitHub says of such a code nothing"
}
