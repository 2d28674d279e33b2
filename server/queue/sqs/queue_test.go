package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/queuetest"
	"github.com/mayfly-ci/mayfly/server/queue/sqs/sqstest"
)

func TestTheQueueKeepsItsContractBeforeSQSInAProcess(t *testing.T) {
	queuetest.Contract(t, func(*testing.T) queuetest.Opened {
		f := sqstest.New()
		return queuetest.Opened{
			Queue: f.Queue(), Visibility: 30 * time.Second, MaxReceives: queue.MaxReceives,
			DeadLetters: func(*testing.T) (bodies []string) {
				for _, body := range f.Memory.DeadLetters() {
					bodies = append(bodies, string(body))
				}
				return bodies
			},
		}
	}, synctest.Test)
}

func TestWhatSQSFailedToRemoveIsRemovedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := sqstest.New()
		q := f.Queue()
		sendAll(t, q, 3)
		messages, err := q.Receive(t.Context(), 10, 0)
		if err != nil || len(messages) != 3 {
			t.Fatalf("received %v, %v, want 3 messages", messages, err)
		}
		f.Refuse = func(call, entry int) *sqstest.Refusal {
			if call == 1 && entry == 1 {
				return &sqstest.Refusal{Code: "InternalError"}
			}
			return nil
		}
		if err := q.Ack(t.Context(), messages[0].Handle, messages[1].Handle, messages[2].Handle); err != nil {
			t.Error(err)
		}
		if got := f.Memory.Waiting(); got != 0 {
			t.Errorf("%d messages were left, want none", got)
		}

		f.Refuse = func(int, int) *sqstest.Refusal { return &sqstest.Refusal{Code: "InternalError"} }
		if err := q.Ack(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "InternalError") {
			t.Errorf("one that SQS never removes: got error %v, want one that says so", err)
		}
		f.Refuse = func(int, int) *sqstest.Refusal {
			return &sqstest.Refusal{SenderFault: true, Code: "ReceiptHandleIsInvalid"}
		}
		if err := q.Ack(t.Context(), "1"); err != nil {
			t.Errorf("a handle that is no longer known: got %v, want nothing", err)
		}
	})
}
