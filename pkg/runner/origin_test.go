package runner_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Whoever is not allowed is refused, and nobody is let in of whom nothing is known.
func TestWhoIsTrusted(t *testing.T) {
	for _, trust := range []runner.Trust{{}, {Public: true}, {Forks: true}, {Public: true, Forks: true}} {
		for _, public := range []runner.Known{runner.Unsaid, runner.Yes, runner.No} {
			for _, fork := range []runner.Known{runner.Unsaid, runner.Yes, runner.No} {
				got, settled := trust.Judge(runner.Origin{Public: public, Fork: fork}, "o/r")
				var want runner.Reason
				switch {
				case public == runner.Yes && !trust.Public:
					want = runner.PublicRepository("o/r")
				case fork == runner.Yes && !trust.Forks:
					want = runner.Fork("o/r")
				}
				doubt := public == runner.Unsaid && !trust.Public || fork == runner.Unsaid && !trust.Forks
				if wantSettled := want != runner.NoReason() || !doubt; got != want || settled != wantSettled {
					t.Errorf("%+v of public %q, fork %q: got %q, settled %v, want %q, %v", trust, public, fork, got, settled, want, wantSettled)
				}
			}
		}
	}
}
