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
	All         Window    `json:"all"`                   // points of every lane
	Reads       Window    `json:"reads"`                 // of all, those of reruns and reads
	ClosedUntil time.Time `json:"closed_until,omitzero"` // GitHub said so
	Failures    int       `json:"failures,omitempty"`    // JIT configs in a row that were asked for and did not come
	Trouble     Trouble   `json:"trouble,omitempty"`     // why none come at present
	Absent      []string  `json:"absent,omitempty"`      // repositories of the owner on which the App is not installed, lower case
}

// Lane is what points are spent on.
type Lane int

// The lanes, most urgent first.
const (
	LaneJIT          Lane = iota // an instance waits for it
	LaneRerun                    // a job that was interrupted waits for it
	LaneReads                    // what has to be known for the record to be right, or be done lest instances idle
	LaneHousekeeping             // what may wait for a quiet minute
)

// keptForReads is what launches leave to reruns and reads, so that a long burst does not blind us: 5 %. A
// pass makes its reruns before it reads.
const keptForReads = GitHubPoints / 20

// Allows says whether a lane may spend so many points now.
func (b AccountBudget) Allows(lane Lane, points int, now time.Time) bool {
	switch lane {
	case LaneJIT:
	case LaneRerun, LaneReads:
		return b.Readable(now) >= points
	case LaneHousekeeping:
		points += GitHubPoints / 2
	}
	return !b.ClosedUntil.After(now) && b.All.Points(now) >= points
}

// Readable is how many points the reads may spend now: what is kept for them, and more only while
// half of all is free.
func (b AccountBudget) Readable(now time.Time) int {
	if b.ClosedUntil.After(now) {
		return 0
	}
	all := b.All.Points(now)
	return max(0, min(all, max(b.Reads.Points(now), all-GitHubPoints/2)))
}

// NextRead is the first moment at which the reads may spend so many points.
func (b AccountBudget) NextRead(points int, now time.Time) time.Time {
	if b.ClosedUntil.After(now) {
		now = b.ClosedUntil
	}
	kept, free := b.Reads.When(points, now), b.All.When(points+GitHubPoints/2, now)
	if total := b.All.When(points, now); total.After(kept) {
		kept = total
	}
	return Earlier(kept, free)
}

// NextHousekeeping is the first moment at which housekeeping may spend so many points.
func (b AccountBudget) NextHousekeeping(points int, now time.Time) time.Time {
	if b.ClosedUntil.After(now) {
		now = b.ClosedUntil
	}
	return b.All.When(points+GitHubPoints/2, now)
}

// Room is how many JIT configs can be promised for a moment, whatever is read until then.
func (b AccountBudget) Room(at time.Time) int {
	if b.ClosedUntil.After(at) || b.Trouble != NoTrouble {
		return 0
	}
	return max(0, min(b.All.Points(at)+b.read(at), b.All.Limit)-keptForReads) / JITPoints
}

// read is how many of the points that are spent at a moment were spent on reads, of those kept for them.
func (b AccountBudget) read(at time.Time) int {
	return min(keptForReads, b.Reads.Limit-b.Reads.Points(at))
}

// NextJIT is the first moment at which so many JIT configs can be paid for.
func (b AccountBudget) NextJIT(configs int, now time.Time) time.Time {
	if b.ClosedUntil.After(now) {
		now = b.ClosedUntil
	}
	return b.All.When(min(configs*JITPoints, b.All.Limit), now)
}

// ListPoints is what it costs to list so many things on GitHub: a point for each page of 100.
func ListPoints(things int) int { return max(1, (things+99)/100) }

// Account is the budget of an account.
func (b Budgets) Account(a Account) AccountBudget {
	if budget, known := b.GitHub[a.Key()]; known {
		return budget
	}
	return AccountBudget{
		All:   Window{Limit: GitHubPoints, Span: GitHubSpan},
		Reads: Window{Limit: keptForReads, Span: GitHubSpan},
	}
}

// Spend spends points of an account on a lane.
func (b Budgets) Spend(a Account, lane Lane, points int, now time.Time) Budgets {
	budget := b.Account(a)
	budget.All = budget.All.Take(points, now)
	if lane == LaneRerun || lane == LaneReads {
		budget.Reads = budget.Reads.Take(points, now)
	}
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

// Richest is the account, among those that Apps have with the owner of a repository, that has the
// most points now, and how many. One that is in trouble is the last choice.
func (b Budgets) Richest(apps []int64, repository string, now time.Time) (richest Account, points int) {
	troubled := true
	for i, app := range apps {
		account := AccountOf(app, repository)
		budget, has := b.Account(account), 0
		if !budget.ClosedUntil.After(now) {
			has = max(0, budget.All.Points(now))
		}
		sound := has > 0 && budget.TroubleWith(repository) == NoTrouble
		if i == 0 || sound && troubled || sound != troubled && has > points {
			richest, points, troubled = account, has, !sound
		}
	}
	return richest, points
}
