package sqs_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
)

func TestAMessageForLaterIsKeptBackForWholeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		q := f.Queue()
		for _, delay := range []time.Duration{-time.Second, 0, time.Millisecond, 3 * time.Second, time.Hour} {
			if err := q.SendLater(t.Context(), []byte("later"), delay); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := f.Delays(), []int{0, 0, 1, 3, 900}; !slices.Equal(got, want) {
			t.Errorf("got delays of %v s, want %v", got, want)
		}
		if err := q.SendLater(t.Context(), nil, time.Second); err == nil || f.Calls()["SendMessage"] != 5 {
			t.Errorf("an empty message: got %v and %d calls, want an error and 5", err, f.Calls()["SendMessage"])
		}
	})
}

func TestAMessageForLaterThatSQSRefusesIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		f.Status = func(string, int) int { return 500 }
		if err := f.Queue().SendLater(t.Context(), []byte("later"), time.Second); err == nil || f.Calls()["SendMessage"] != 3 {
			t.Errorf("got %v after %d calls, want an error after 3", err, f.Calls()["SendMessage"])
		}
	})
}
