package runner_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestABucketEmptiesAndRefills(t *testing.T) {
	bucket := runner.Bucket{Capacity: 50, Refill: 5}
	if got := bucket.Tokens(noon); got != 50 {
		t.Fatalf("a new bucket has %v tokens, want 50", got)
	}
	bucket = bucket.Take(48, noon).Take(4, noon)
	if got := bucket.Tokens(noon); got != -2 {
		t.Errorf("tokens = %v, want -2", got)
	}
	if got, want := bucket.When(1, noon), noon.Add(600*time.Millisecond); !got.Equal(want) {
		t.Errorf("one token at %v, want %v", got, want)
	}
	if got := bucket.Tokens(noon.Add(time.Hour)); got != 50 {
		t.Errorf("an hour later there are %v tokens, want 50", got)
	}
	if got := bucket.Tokens(noon.Add(-time.Hour)); got != -2 {
		t.Errorf("a clock that jumps back gives %v tokens, want -2", got)
	}
}

func TestAWindowHoldsInEveryRollingSpan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	window := runner.Window{Limit: 900, Span: time.Minute}
	var spent []runner.Spend
	now := noon
	for range 2000 {
		points := 1 + random.IntN(40)
		now = window.When(points, now).Add(time.Duration(random.IntN(300)) * time.Millisecond)
		if window.Points(now) < points {
			t.Fatalf("at %v there are %d points, When promised %d", now, window.Points(now), points)
		}
		window = window.Take(points, now)
		spent = append(spent, runner.Spend{Points: points, At: now})
	}
	for i, last := range spent {
		sum := 0
		for _, spend := range spent[:i+1] {
			if spend.At.After(last.At.Add(-time.Minute)) {
				sum += spend.Points
			}
		}
		if sum > 900 {
			t.Fatalf("%d points in the minute to %v, want at most 900", sum, last.At)
		}
	}
	if got := len(window.Spent); got > 400 {
		t.Errorf("the window remembers %d spends, want only those of its span", got)
	}
}

func TestAnOfferingThatEC2HasNoneOfIsLeftAloneForAWhile(t *testing.T) {
	one := runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.Spot}
	other := runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.OnDemand}
	memory := runner.CapacityMemory{}.Remember(one, noon, 3*time.Minute).Remember(one, noon.Add(time.Minute), 3*time.Minute)
	if got, want := memory.Until(one), noon.Add(4*time.Minute); !got.Equal(want) {
		t.Errorf("left alone until %v, want %v", got, want)
	}
	if got := memory.Until(other); !got.IsZero() {
		t.Errorf("the other capacity type is left alone until %v, want not at all", got)
	}
	memory = memory.Remember(other, noon.Add(5*time.Minute), time.Minute)
	if got, want := len(memory.Out), 1; got != want {
		t.Errorf("remembers %d offerings, want %d: the first is over", got, want)
	}
}
