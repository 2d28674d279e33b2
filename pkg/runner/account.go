package runner

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// Account is one owner's installation of one of our GitHub Apps: GitHub's limits are counted for each.
type Account struct {
	App   int64
	Owner string
}

// AccountOf is the account through which an App acts on a repository, owner/name.
func AccountOf(app int64, repository string) Account {
	owner, _, _ := strings.Cut(strings.ToLower(repository), "/")
	return Account{App: app, Owner: owner}
}

// Key names the account.
func (a Account) Key() string { return strconv.FormatInt(a.App, 10) + "/" + a.Owner }

// AccountBudget is what an account may still spend.
type AccountBudget struct {
	Window
	ClosedUntil time.Time `json:"closed_until,omitzero"` // GitHub said so
	Low         bool      `json:"low,omitempty"`         // less than 5 % of its hourly limit is left
}

// Lane is what points are spent on. A lane before another may use points that the other may not.
type Lane int

// The lanes, most urgent first.
const (
	LaneJIT          Lane = iota
	LaneReads             // what has to be known for the record to be right
	LaneHousekeeping      // what may wait
)

// What JIT configs leave to the reads, so that a long burst does not blind us: 5 % of the points.
const keptForReads = GitHubPoints / 20

// floor is how many points a lane leaves to the others.
func (l Lane) floor() int {
	switch l {
	case LaneJIT:
		return keptForReads
	case LaneReads:
		return 0
	case LaneHousekeeping:
	}
	return GitHubPoints / 2
}

// Allows says whether a lane may spend so many points at a moment, if nothing more is spent until then.
func (b AccountBudget) Allows(lane Lane, points int, at time.Time) bool {
	if b.ClosedUntil.After(at) || b.Low && lane > LaneJIT {
		return false
	}
	return b.Points(at)-lane.floor() >= points
}

// Room is how many JIT configs can be paid for at a moment.
func (b AccountBudget) Room(at time.Time) int {
	if b.ClosedUntil.After(at) {
		return 0
	}
	return max(0, b.Points(at)-LaneJIT.floor()) / JITPoints
}

// NextJIT is the first moment at which so many JIT configs can be paid for.
func (b AccountBudget) NextJIT(configs int, now time.Time) time.Time {
	if b.ClosedUntil.After(now) {
		now = b.ClosedUntil
	}
	return b.When(min(configs*JITPoints+LaneJIT.floor(), b.Limit), now)
}

// Account is the budget of an account.
func (b Budgets) Account(a Account) AccountBudget {
	if budget, known := b.GitHub[a.Key()]; known {
		return budget
	}
	return AccountBudget{Window: Window{Limit: GitHubPoints, Span: GitHubSpan}}
}

// Spend spends points of an account.
func (b Budgets) Spend(a Account, points int, now time.Time) Budgets {
	budget := b.Account(a)
	budget.Window = budget.Take(points, now)
	return b.with(a, budget)
}

// Close leaves an account alone until a moment.
func (b Budgets) Close(a Account, until time.Time) Budgets {
	budget := b.Account(a)
	budget.ClosedUntil = until.UTC()
	return b.with(a, budget)
}

func (b Budgets) with(a Account, budget AccountBudget) Budgets {
	changed := maps.Clone(b.GitHub)
	if changed == nil {
		changed = map[string]AccountBudget{}
	}
	changed[a.Key()] = budget
	b.GitHub = changed
	return b
}

// Richest is the account, among those that Apps have with the owner of a repository, that can pay
// for the most JIT configs at a moment, and for how many.
func (b Budgets) Richest(apps []int64, repository string, at time.Time) (richest Account, room int) {
	for i, app := range apps {
		account := AccountOf(app, repository)
		if has := b.Account(account).Room(at); i == 0 || has > room {
			richest, room = account, has
		}
	}
	return richest, room
}
