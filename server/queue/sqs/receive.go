package sqs

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// allMachines, in seconds, makes SQS ask all of its machines, and not some: so it is said to wait, and
// answers at once if there is anything.
// Source: docs.aws.amazon.com, Amazon SQS Developer Guide, "Amazon SQS short and long polling".
const allMachines = 1

// oneDrain is how soon after another receive one belongs to the same emptying of the queue.
const oneDrain = 500 * time.Millisecond

// owed counts what this process has sent and not received. As long as there is some, SQS has to look
// for it everywhere: a job whose message was overlooked would wait for the next pass. Once all of it
// has come, in a batch that was not full, nobody asks again only to hear that there is no more.
type owed struct {
	mu    sync.Mutex
	count int
	allAt time.Time // when the last of it came
}

// sending counts messages, before they are sent: they may come before SQS has said that it has them.
// Those that it does not take are taken off again.
func (o *owed) sending(messages int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count = max(0, o.count+messages)
}

// look says how to ask: of all machines, or not at all. Whoever has nothing yet is told that once.
func (o *owed) look(nothingYet bool) (everywhere, done bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	done = o.count == 0 && time.Since(o.allAt) < oneDrain
	if done && nothingYet {
		o.allAt = time.Time{}
	}
	return o.count > 0, done
}

// came notes an answer. If SQS looked everywhere and found nothing, somebody else has it.
func (o *owed) came(messages int, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.count
	o.count = max(0, o.count-messages)
	if messages == 0 {
		o.count = 0
	}
	if before > 0 && o.count == 0 && !full {
		o.allAt = time.Now()
	}
}

// Receive delivers at most so many messages that are not hidden. It waits for none, except, for a
// second at most, for what this process itself has sent. Of what others have sent it may deliver none
// although there is some. What was received, and so is hidden, is delivered whatever went wrong after it.
func (q *Queue) Receive(ctx context.Context, most int) (received []runner.Message, err error) {
	for len(received) < most {
		everywhere, done := q.owed.look(len(received) == 0)
		if done {
			break
		}
		some, err := q.receiveBatch(ctx, min(perCall, most-len(received)), everywhere)
		if err != nil && len(received) == 0 {
			return nil, q.wrap("receive", err)
		}
		if len(some) == 0 {
			break
		}
		received = append(received, some...)
	}
	return received, nil
}

func (q *Queue) receiveBatch(ctx context.Context, most int, everywhere bool) (received []runner.Message, err error) {
	input := &api.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: int32(most)}
	if everywhere {
		input.WaitTimeSeconds = allMachines
	}
	answer, err := q.api.ReceiveMessage(ctx, input)
	if err != nil {
		return nil, err
	}
	q.owed.came(len(answer.Messages), len(answer.Messages) == most)
	for _, message := range answer.Messages {
		received = append(received, runner.Message{Handle: aws.ToString(message.ReceiptHandle), Body: []byte(aws.ToString(message.Body))})
	}
	return received, nil
}
