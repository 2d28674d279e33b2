package githubapp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/go-github/v62/github"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// maxMessage is how much of GitHub's own words an error repeats, in bytes.
const maxMessage = 300

// explain says what went wrong, without the URL and the headers that go-github's errors hold.
func explain(err error) error {
	var (
		hourly    *github.RateLimitError
		secondary *github.AbuseRateLimitError
		answered  *github.ErrorResponse
		failed    *url.Error
	)
	switch {
	case errors.As(err, &hourly):
		return fmt.Errorf("GitHub's hourly limit is used up until %s", hourly.Rate.Reset.UTC().Format("15:04:05Z"))
	case errors.As(err, &secondary):
		return fmt.Errorf("GitHub's secondary limit is reached: %s", short(secondary.Message))
	case errors.As(err, &answered):
		text := fmt.Sprintf("GitHub answered %d: %s", statusOf(err), short(answered.Message))
		if verdict := verdictOf(answered.Response); verdict != nil {
			return fmt.Errorf("%s: %w", text, verdict)
		}
		return errors.New(text)
	case errors.As(err, &failed):
		return failed.Err
	}
	return err
}

// verdictOf is what an answer means to the domain: nil is worth another try.
func verdictOf(response *http.Response) error {
	switch response.StatusCode {
	case http.StatusConflict:
		return runner.ErrNameTaken
	case http.StatusForbidden:
		if response.Header.Get("Retry-After") != "" {
			return nil // a limit
		}
		return runner.ErrRejected
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity:
		return runner.ErrRejected
	}
	return nil
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
