package runner_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func job(origin runner.Origin) *runner.Job {
	return &runner.Job{Origin: origin, Repository: runner.Repository{ID: 1, FullName: "o/r"}}
}

// Whoever is not allowed is refused, and nobody is let in of whom nothing is known.
func TestWhoIsTrusted(t *testing.T) {
	for _, trust := range []runner.Trust{{}, {Public: true}, {Forks: true}, {Public: true, Forks: true}} {
		for _, public := range []runner.Known{runner.Unsaid, runner.Yes, runner.No} {
			for _, fork := range []runner.Known{runner.Unsaid, runner.Yes, runner.No} {
				got, settled := trust.Judge(job(runner.Origin{Public: public, Fork: fork}))
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

// Nobody logs in beside code that a stranger may have written, whoever gets runners otherwise.
func TestWhereSomebodyMayLogInOnlyPrivateCodeRuns(t *testing.T) {
	origin := func(public, fork runner.Known) runner.Origin { return runner.Origin{Public: public, Fork: fork} }
	type verdict struct {
		refused runner.Reason
		settled bool
	}
	public := verdict{runner.NotAllowed("ssh=true", "o/r is public, and nobody logs in beside code that anybody may propose: remove it"), true}
	fork := verdict{runner.NotAllowed("ssh=true", "its code is of a fork of o/r, and nobody logs in beside a fork's code: remove it"), true}
	for _, test := range []struct {
		trust  runner.Trust
		origin runner.Origin
		want   verdict
	}{
		{runner.Trust{}, origin(runner.No, runner.No), verdict{settled: true}},
		{runner.Trust{}, origin(runner.Yes, runner.Unsaid), verdict{runner.PublicRepository("o/r"), true}},
		{runner.Trust{}, origin(runner.No, runner.Yes), verdict{runner.Fork("o/r"), true}},
		{runner.Trust{Public: true, Forks: true}, origin(runner.No, runner.No), verdict{settled: true}},
		{runner.Trust{Public: true, Forks: true}, origin(runner.Yes, runner.Unsaid), public},
		{runner.Trust{Public: true, Forks: true}, origin(runner.No, runner.Yes), fork},
		{runner.Trust{Public: true, Forks: true}, origin(runner.No, runner.Unsaid), verdict{}},
		{runner.Trust{Public: true, Forks: true}, origin(runner.Unsaid, runner.No), verdict{}},
		{runner.Trust{Public: true}, origin(runner.Yes, runner.No), public},
		{runner.Trust{Forks: true}, origin(runner.No, runner.Yes), fork},
	} {
		asks := job(test.origin)
		asks.SSH = true
		refused, settled := test.trust.Judge(asks)
		if got := (verdict{refused, settled}); got != test.want {
			t.Errorf("%+v of %+v: got %q, settled %v, want %q, %v", test.trust, test.origin, refused, settled, test.want.refused, test.want.settled)
		}
	}
}
