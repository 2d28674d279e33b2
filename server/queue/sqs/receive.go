package sqs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// longest is how long SQS lets a receive wait.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "ReceiveMessage", WaitTimeSeconds.
const longest = 20 * time.Second

// Receive delivers at most so many messages, and never more than ten. It waits so long at most for the
// first, in whole seconds. Who does not wait at all may be given none although there are some, for SQS
// then asks some of its machines alone.
// Source: docs.aws.amazon.com, Amazon SQS Developer Guide, "Amazon SQS short and long polling".
func (q *Queue) Receive(ctx context.Context, most int, wait time.Duration) ([]runner.Message, error) {
	answer, err := q.api.ReceiveMessage(ctx, &api.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: int32(min(most, perCall)), WaitTimeSeconds: int32(min(wait, longest) / time.Second),
	}, func(o *api.Options) { o.HTTPClient = q.patient })
	if err != nil {
		return nil, q.wrap("receive", err)
	}
	var received []runner.Message
	for _, message := range answer.Messages {
		received = append(received, runner.Message{Handle: aws.ToString(message.ReceiptHandle), Body: []byte(aws.ToString(message.Body))})
	}
	return received, nil
}
