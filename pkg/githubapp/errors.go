package githubapp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// maxMessage is how much of GitHub's own words an error repeats, in bytes.
const maxMessage = 300

// explain says what went wrong, without the URL and the headers that go-github's errors hold.
func explain(err error) error {
	var (
		answered *github.ErrorResponse
		failed   *url.Error
	)
	switch {
	case errors.As(err, &answered):
		text := fmt.Sprintf("GitHub answered %d: %s", statusOf(err), short(answered.Message))
		if verdict := verdictOf(statusOf(err)); verdict != nil {
			return fmt.Errorf("%s: %w", text, verdict)
		}
		return errors.New(text)
	case errors.As(err, &failed):
		return failed.Err
	}
	return err
}

// verdictOf is what a status means to the domain: nil is worth another try. A 403 that is a limit
// does not get this far.
func verdictOf(status int) error {
	switch status {
	case http.StatusConflict:
		return runner.ErrNameTaken
	case http.StatusNotFound:
		return runner.ErrGone
	case http.StatusUnauthorized, http.StatusForbidden:
		return runner.ErrDenied
	case http.StatusUnprocessableEntity:
		return runner.ErrRejected
	}
	return nil
}

// isUngranted says whether GitHub gives no token because it was to do more than the App may. Only the
// text of such an answer tells it from others.
func isUngranted(err error) bool {
	var answered *github.ErrorResponse
	return statusOf(err) == http.StatusUnprocessableEntity && errors.As(err, &answered) && strings.Contains(answered.Message, "permissions requested")
}

// statusOf is the status of GitHub's answer, or 0 if an error is none.
func statusOf(err error) int {
	var answered *github.ErrorResponse
	if !errors.As(err, &answered) || answered.Response == nil {
		return 0
	}
	return answered.Response.StatusCode
}

func short(message string) string { return message[:min(len(message), maxMessage)] }
