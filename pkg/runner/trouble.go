package runner

// Trouble is why GitHub gives an account no JIT configs, for another reason than a limit.
type Trouble string

// The troubles.
const (
	NoTrouble     Trouble = ""
	TroubleDown   Trouble = "down"   // it does not answer: every lately asked one failed
	TroubleDenied Trouble = "denied" // it does not let us: a key or a permission is wrong
	TroubleAbsent Trouble = "absent" // the App is not installed there
)

// chances is how many failures in a row are no chance any more.
const chances = 3

// Failed notes that an account asked for a JIT config, and GitHub gave none.
func (b Budgets) Failed(a Account) Budgets {
	budget := b.Account(a)
	if budget.Failures++; budget.Failures >= chances {
		budget.Failures, budget.Trouble = chances, TroubleDown
	}
	return b.with(a, budget)
}

// Troubled notes that an account will get no JIT configs until somebody mends something.
func (b Budgets) Troubled(a Account, trouble Trouble) Budgets {
	budget := b.Account(a)
	budget.Trouble = trouble
	return b.with(a, budget)
}

// Answered notes that GitHub gives an account what it asks for.
func (b Budgets) Answered(a Account) Budgets {
	budget := b.Account(a)
	budget.Failures, budget.Trouble = 0, NoTrouble
	return b.with(a, budget)
}

// Doubted says whether anything was noted against an account since it was last answered.
func (b Budgets) Doubted(a Account) bool {
	budget := b.Account(a)
	return budget.Failures > 0 || budget.Trouble != NoTrouble
}

// Stuck says whether no App gets a JIT config for a repository at present, and why. All jobs of an
// owner are told the same, for it is written to each of them.
func (b Budgets) Stuck(apps []int64, repository string) (why Reason, stuck bool) {
	met := map[Trouble]bool{}
	for _, app := range apps {
		met[b.Account(AccountOf(app, repository)).Trouble] = true
	}
	switch owner := AccountOf(0, repository).Owner; {
	case met[NoTrouble] || len(apps) == 0:
		return NoReason(), false
	case met[TroubleDenied]:
		return GitHubDenies(owner), true
	case met[TroubleDown]:
		return GitHubDown(owner), true
	}
	return NotInstalled(repository), true
}
