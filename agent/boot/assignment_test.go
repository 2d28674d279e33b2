package boot

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// objects answers Get from the nth time on, and notes when it was asked.
type objects struct {
	from  int
	began time.Time
	asked []time.Duration
	hang  bool
}

var errNotYet = errors.New("not yet")

func (o *objects) Get(ctx context.Context, _ string) ([]byte, error) {
	o.asked = append(o.asked, time.Since(o.began))
	if len(o.asked) >= o.from {
		return []byte("it"), nil
	}
	if o.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, errNotYet
}

func (o *objects) Delete(context.Context, string) error {
	o.asked = append(o.asked, time.Since(o.began))
	if len(o.asked) >= o.from {
		return nil
	}
	return errNotYet
}

func TestFetchAsksQuicklyAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &objects{from: 9, began: time.Now()}
		if body, err := Fetch(t.Context(), o, "key"); err != nil || string(body) != "it" {
			t.Errorf("got %q, %v", body, err)
		}
		var waits []int
		for n := 1; n < len(o.asked); n++ {
			waits = append(waits, int((o.asked[n] - o.asked[n-1]).Milliseconds()))
		}
		if diff := cmp.Diff([]int{250, 375, 562, 843, 1265, 1898, 2000, 2000}, waits); diff != "" {
			t.Errorf("waits in ms, want - got +:\n%s", diff)
		}
	})
}

func TestFetchOutlivesAnAnswerThatNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &objects{from: 2, began: time.Now(), hang: true}
		if _, err := Fetch(t.Context(), o, "key"); err != nil {
			t.Errorf("got %v, want the second answer", err)
		}
		if got, want := o.asked[1], 10*time.Second+250*time.Millisecond; got != want {
			t.Errorf("asked again after %v, want %v", got, want)
		}
	})
}

func TestFetchEndsWithItsContextAndSaysTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		o := &objects{from: 1000, began: time.Now()}
		if _, err := Fetch(ctx, o, "key"); !errors.Is(err, errNotYet) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want both why it ended and the last answer", err)
		}
	})
}

func TestDeleteTriesThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := Delete(t.Context(), &objects{from: 3, began: time.Now()}, "key"); err != nil {
			t.Errorf("got %v, want that the third try counts", err)
		}
		o := &objects{from: 4, began: time.Now()}
		if err := Delete(t.Context(), o, "key"); !errors.Is(err, errNotYet) {
			t.Errorf("got %v, want the last try's error", err)
		}
		if got, want := len(o.asked), 3; got != want {
			t.Errorf("tries: got %d, want %d", got, want)
		}
	})
}
