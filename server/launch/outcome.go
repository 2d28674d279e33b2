package launch

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// outcome is what came of an ask: the runner as it then is, or an error.
type outcome struct {
	ask
	assigned runner.Runner
	err      error
	wait     time.Duration // before it is tried again
}

// settleAll is what the outcomes of a batch mean: for the budgets of the accounts that were asked as, and
// for the runners.
func settleAll(budgets runner.Budgets, outcomes []outcome, apps []int64, now time.Time) []runner.Item {
	noted := false
	// Failures first: where some succeed GitHub is up.
	slices.SortStableFunc(outcomes, func(a, b outcome) int { return cmp.Compare(rank(a.err), rank(b.err)) })
	for _, o := range outcomes {
		if o.err != nil || budgets.Doubted(o.account.App, repositoryOf(o)) {
			budgets, noted = note(budgets, o), true
		}
	}
	items := make([]runner.Item, len(outcomes))
	for i, o := range outcomes {
		if _, stuck := budgets.Stuck(apps, repositoryOf(o)); !stuck && denies(o.err) {
			o.wait = 0 // as another App
		}
		items[i] = settleAssign(o, now)
	}
	if noted {
		items = append(items, budgets)
	}
	return items
}

func repositoryOf(o outcome) string { return o.instance.Class.Scope.FullName }

func rank(err error) int {
	if err == nil {
		return 1
	}
	return 0
}

// denies says whether an error is about the App, and another App may have more luck.
func denies(err error) bool {
	return errors.Is(err, runner.ErrGone) || errors.Is(err, runner.ErrDenied)
}

// note keeps what an outcome says of the account that was asked as.
func note(budgets runner.Budgets, o outcome) runner.Budgets {
	var limit *runner.LimitError
	switch {
	case o.err == nil:
		return budgets.Answered(o.account).Installed(o.account.App, repositoryOf(o))
	case errors.As(o.err, &limit):
		return budgets.Close(o.account, limit.Until)
	case errors.Is(o.err, runner.ErrNoGroup):
		return budgets.MissGroup(o.instance.Class)
	case errors.Is(o.err, runner.ErrGone):
		return budgets.Absent(o.account.App, repositoryOf(o))
	case errors.Is(o.err, runner.ErrDenied):
		return budgets.Denied(o.account)
	case errors.Is(o.err, runner.ErrNameTaken), errors.Is(o.err, runner.ErrRejected):
		return budgets
	}
	return budgets.Failed(o.account)
}

// settleAssign is what an outcome means for the runner.
func settleAssign(o outcome, now time.Time) runner.Runner {
	instance, state, why := o.assigned, runner.RunnerBooting, runner.NoReason()
	switch {
	case errors.Is(o.err, runner.ErrRejected):
		state, why = runner.RunnerFailed, runner.NoJITConfig(o.err.Error())
	case o.err != nil:
		if errors.Is(o.err, runner.ErrNameTaken) {
			instance.Suffix++
		}
		instance.Calls++
		instance.NextAt = now.Add(o.wait).UTC()
		return instance
	}
	settled, err := instance.To(state, now, why)
	if err != nil {
		panic(err) // a launching runner may boot or fail
	}
	return settled
}
