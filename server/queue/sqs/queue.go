// Package sqs is the queue on SQS, a standard one. It is the only package that knows SQS's SDK, and
// apart from its parent so that the demo need not compile it.
//
// The queue sets aside by itself what was received ten times, and hides what was received for longer
// than a pass lasts, so nothing is made visible sooner or later than that: both are its own settings.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"
)

// perCall is how many messages a call to SQS may be about.
// Source: docs.aws.amazon.com, Amazon SQS Developer Guide, "Amazon SQS message quotas".
const perCall = 10

// perTry is how long SQS has for one answer, beside what it is told to wait.
const perTry = 3 * time.Second

// sideBySide is how many calls acknowledge messages at once.
const sideBySide = 4

// Queue is a queue. It is safe for concurrent use; make it with [New].
type Queue struct {
	url     string
	api     *api.Client
	patient api.HTTPClient // for calls that wait
}

// New is the queue at a URL. No call is made.
func New(config aws.Config, url string) *Queue {
	patient := config.HTTPClient
	if patient == nil {
		config.HTTPClient = awshttp.NewBuildableClient().WithTimeout(perTry)
		patient = awshttp.NewBuildableClient().WithTimeout(longest + perTry)
	}
	return &Queue{url: url, api: api.NewFromConfig(config), patient: patient}
}

// Operations are the operations of AWS that a queue calls. To IAM, a batch is what it is made of:
// sqs:DeleteMessage.
func Operations() []string {
	return []string{"sqs:DeleteMessageBatch", "sqs:ReceiveMessage", "sqs:SendMessage"}
}

// Ack removes messages for good. A handle that is not the last one of its message does nothing.
func (q *Queue) Ack(ctx context.Context, handles ...string) error {
	handles = slices.Compact(slices.Sorted(slices.Values(handles)))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sideBySide)
	for batch := range slices.Chunk(handles, perCall) {
		group.Go(func() error { return q.ackBatch(ctx, batch) })
	}
	return q.wrap("acknowledge", group.Wait())
}

func (q *Queue) ackBatch(ctx context.Context, handles []string) error {
	outcomes := settle(ctx, len(handles), func(ctx context.Context, pending []int) ([]types.BatchResultErrorEntry, error) {
		var entries []types.DeleteMessageBatchRequestEntry
		for _, n := range pending {
			entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(n)), ReceiptHandle: &handles[n]})
		}
		answer, err := q.api.DeleteMessageBatch(ctx, &api.DeleteMessageBatchInput{QueueUrl: &q.url, Entries: entries})
		if err != nil {
			return nil, err
		}
		return answer.Failed, nil
	})
	var faults []error
	for _, err := range outcomes {
		// A handle that SQS does not know any more: its message comes again, and is acknowledged then.
		if refused := (*refusal)(nil); !errors.As(err, &refused) || !refused.ours {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func (q *Queue) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("queue %s: %s: %w", q.url, what, err)
}
