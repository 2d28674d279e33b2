package runner_test

import (
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// lives is a runner that was launched at a moment.
func lives(instance string, since time.Time) runner.Runner {
	return runner.NewRunner("l", runner.Slot{}, runner.Instance{ID: instance}, since)
}

func TestADayHasTheMinutesThatWereLivedInIt(t *testing.T) {
	midnight := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	at := func(minutes float64) time.Time { return midnight.Add(time.Duration(minutes * float64(time.Minute))) }
	none := runner.Usage{}
	for what, test := range map[string]struct {
		usage   runner.Usage
		running []time.Time // since when
		now     time.Time
		want    float64 // minutes
	}{
		"nothing":                                {none, nil, at(5), 0},
		"one that runs":                          {none, []time.Time{at(1)}, at(5), 4},
		"each counts for a minute at least":      {none, []time.Time{at(5), at(4.9), at(2)}, at(5), 5},
		"one that runs since yesterday":          {none, []time.Time{at(-60)}, at(5), 5},
		"one that ended":                         {none.OfDay(lives("i", at(1)), at(3)), nil, at(5), 2},
		"two that ended, and one that runs":      {none.OfDay(lives("i", at(1)), at(3)).OfDay(lives("j", at(0)), at(4.5)), []time.Time{at(2)}, at(5), 9.5},
		"one that began yesterday and ended":     {none.OfDay(lives("i", at(-60)), at(3)), nil, at(5), 3},
		"what ended yesterday is yesterday's":    {none.OfDay(lives("i", at(-60)), at(-3)), []time.Time{at(-1)}, at(5), 5},
		"yesterday's is not added to":            {none.OfDay(lives("i", at(-60)), at(-3)).OfDay(lives("j", at(-60)), at(4)), nil, at(5), 4},
		"a clock of another zone is in that day": {none.OfDay(lives("i", at(1)), at(3)), nil, at(5).In(time.FixedZone("", -5*3600)), 2},
	} {
		running := map[string]runner.Runner{}
		for n, since := range test.running {
			id := string(rune('a' + n))
			running[id] = lives(id, since)
		}
		if got := test.usage.Today(running, test.now).Minutes(); got != test.want {
			t.Errorf("%s: got %v minutes, want %v", what, got, test.want)
		}
	}
}
