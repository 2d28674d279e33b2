package admin

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Budget is what may be spent of one limit.
type Budget struct {
	Of          string // "EC2 fleet calls", "GitHub points of 1/octo"
	Spent, Left int
	Limit       int
	How         string         // how it comes back: "5 more a second"
	ClosedUntil time.Time      // GitHub said so; zero if it did not
	Trouble     runner.Trouble // why GitHub gives nothing, for another reason than a limit
}

// Share is what is left of the limit, in thousandths.
func (b Budget) Share() float64 { return 1000 * float64(b.Left) / float64(max(1, b.Limit)) }

// Low says that there is little left.
func (b Budget) Low() bool { return b.Left < b.Limit/5 }

// budgetsOf are the limits of EC2, then of GitHub, of as many accounts as anything was spent of.
func budgetsOf(b runner.Budgets, now time.Time) []Budget {
	rows := []Budget{
		bucketOf("EC2 fleet calls", b.Fleet, now),
		bucketOf("EC2 instances", b.Instances, now),
	}
	for _, key := range slices.Sorted(maps.Keys(b.GitHub)) {
		account := b.GitHub[key]
		row := Budget{
			Of: "GitHub points of " + key, Limit: account.All.Limit, Left: account.All.Points(now), How: "counted over a minute",
			Trouble: account.Trouble,
		}
		row.Spent = row.Limit - row.Left
		if account.ClosedUntil.After(now) {
			row.ClosedUntil = account.ClosedUntil
		}
		rows = append(rows, row)
	}
	return rows
}

func bucketOf(of string, b runner.Bucket, now time.Time) Budget {
	left := int(b.Tokens(now))
	return Budget{
		Of: of, Limit: int(b.Capacity), Left: left, Spent: int(b.Capacity) - left,
		How: fmt.Sprintf("%g more a second", b.Refill),
	}
}
