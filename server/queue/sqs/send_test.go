package sqs_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
)

func sendAll(t *testing.T, q *sqs.Queue, many int) {
	t.Helper()
	for n := range many {
		if err := q.Send(t.Context(), []byte(strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASendEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		f.Status = func(string, int) int { return 500 }
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		began := time.Now()
		if err := f.Queue().Send(ctx, []byte("x")); err == nil || time.Since(began) > 8*time.Second {
			t.Errorf("got %v after %v, want an error within 8 s", err, time.Since(began))
		}
	})
}

func TestAMessageThatSQSWouldNotTakeIsRefusedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		bad := map[string]string{
			"262145 bytes":       strings.Repeat("x", 256<<10+1),
			"0 bytes":            "",
			"not UTF-8":          "\xff",
			`'\x00' at byte 4`:   "null\x00",
			`'\x1b' at byte 0`:   "\x1b[0m",
			"write it as JSON d": "\b",
		}
		for says, body := range bad {
			if err := f.Queue().Send(t.Context(), []byte(body)); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("got error %v, want one that says %q", err, says)
			}
		}
		if got := len(f.Calls()); got != 0 {
			t.Errorf("%d calls were made for what SQS does not take, want none", got)
		}
	})
}
