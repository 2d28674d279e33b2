package runner

import (
	"slices"
	"strings"
)

// Trouble is why GitHub gives an account no JIT configs, for another reason than a limit.
type Trouble string

// The troubles.
const (
	NoTrouble     Trouble = ""
	TroubleDown   Trouble = "down"   // it does not answer: every lately asked one failed
	TroubleDenied Trouble = "denied" // it does not let us: a key or a permission is wrong
	TroubleAbsent Trouble = "absent" // the App is not installed on the repository
)

// chances is how many failures in a row are no chance any more.
const chances = 3

// maxAbsent is how many repositories are remembered on which an App is not installed.
const maxAbsent = 100

// TroubleWith is the trouble with a repository: the account's own, or that the App is not installed there.
func (b AccountBudget) TroubleWith(repository string) Trouble {
	if slices.Contains(b.Absent, strings.ToLower(repository)) {
		return TroubleAbsent
	}
	return b.Trouble
}

// Failed notes that an account asked for a JIT config, and GitHub gave none.
func (b Budgets) Failed(a Account) Budgets {
	budget := b.Account(a)
	if budget.Failures++; budget.Failures >= chances {
		budget.Failures, budget.Trouble = chances, TroubleDown
	}
	return b.with(a, budget)
}

// Denied notes that GitHub does not let an account have JIT configs.
func (b Budgets) Denied(a Account) Budgets {
	budget := b.Account(a)
	budget.Trouble = TroubleDenied
	return b.with(a, budget)
}

// Answered notes that GitHub gives an account what it asks for.
func (b Budgets) Answered(a Account) Budgets {
	budget := b.Account(a)
	budget.Failures, budget.Trouble = 0, NoTrouble
	return b.with(a, budget)
}

// Absent notes that an App is not installed on a repository.
func (b Budgets) Absent(app int64, repository string) Budgets {
	account := AccountOf(app, repository)
	budget := b.Account(account)
	if name := strings.ToLower(repository); !slices.Contains(budget.Absent, name) {
		budget.Absent = append(slices.Clone(budget.Absent[max(0, len(budget.Absent)-maxAbsent+1):]), name)
	}
	return b.with(account, budget)
}

// Installed notes that an App is installed on a repository.
func (b Budgets) Installed(app int64, repository string) Budgets {
	account := AccountOf(app, repository)
	budget := b.Account(account)
	budget.Absent = slices.DeleteFunc(slices.Clone(budget.Absent), func(name string) bool { return strings.EqualFold(name, repository) })
	return b.with(account, budget)
}

// Doubted says whether anything was noted against an App's access to a repository since it was last
// answered.
func (b Budgets) Doubted(app int64, repository string) bool {
	budget := b.Account(AccountOf(app, repository))
	return budget.Failures > 0 || budget.TroubleWith(repository) != NoTrouble
}

// Stuck says whether no App gets a JIT config for a repository at present, and why. All jobs of an
// owner are told the same, for it is written to each of them.
func (b Budgets) Stuck(apps []int64, repository string) (why Reason, stuck bool) {
	met := map[Trouble]bool{}
	for _, app := range apps {
		trouble := b.Account(AccountOf(app, repository)).TroubleWith(repository)
		if trouble == NoTrouble {
			return NoReason(), false
		}
		met[trouble] = true
	}
	switch owner := AccountOf(0, repository).Owner; {
	case len(apps) == 0:
		return NoApp(), true
	case met[TroubleDenied]:
		return GitHubDenies(owner), true
	case met[TroubleDown]:
		return GitHubDown(owner), true
	}
	return NotInstalled(repository), true
}
