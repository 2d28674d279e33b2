package sqs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxBytes is how long a message may be, and all messages of a batch together: 256 KiB. SQS takes
// 1 MiB of both since August 2025, but a queue may have been told less, and ours are some KB.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessageBatch"; the queue's MaximumMessageSize.
const maxBytes = 256 << 10

// sendFor is how long a batch may take. GitHub waits ten seconds for the answer to a webhook.
const sendFor = 8 * time.Second

// Send adds a message. It is durable once there is no error; after an error it may be there all the
// same. Messages that are sent at the same time go in one call, and each is told its own outcome. One that
// comes less than its patience after the last call waits that long, at most, for company.
func (q *Queue) Send(ctx context.Context, body []byte, patience time.Duration) error {
	text, err := writable(body)
	if err != nil {
		return q.wrap("send", err)
	}
	sent := q.out.add(text, patience)
	select {
	case <-ctx.Done():
		return q.wrap("send", ctx.Err())
	case err := <-sent:
		return q.wrap("send", err)
	}
}

// maxDelay is the longest that SQS keeps a message back.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessageBatchRequestEntry", DelaySeconds.
const maxDelay = 15 * time.Minute

// SendLater adds a message that is not delivered sooner than after a delay, which is rounded up to
// whole seconds, and 15 minutes at most.
func (q *Queue) SendLater(ctx context.Context, body []byte, delay time.Duration) error {
	text, err := writable(body)
	if err != nil {
		return q.wrap("send later", err)
	}
	return q.wrap("send later", q.sendBatch(ctx, []string{text}, min(max(delay, 0), maxDelay))[0])
}

// sendGathered sends what the outbox gathered. It is nobody's call alone, so nobody's context ends it.
func (q *Queue) sendGathered(bodies []string) []error {
	ctx, cancel := context.WithTimeout(context.Background(), sendFor)
	defer cancel()
	return q.sendBatch(ctx, bodies, 0)
}

func (q *Queue) sendBatch(ctx context.Context, bodies []string, delay time.Duration) []error {
	seconds := int32((delay + time.Second - 1) / time.Second)
	return settle(ctx, len(bodies), func(ctx context.Context, pending []int) ([]types.BatchResultErrorEntry, error) {
		var entries []types.SendMessageBatchRequestEntry
		for _, n := range pending {
			entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(n)), MessageBody: &bodies[n], DelaySeconds: seconds})
		}
		answer, err := q.api.SendMessageBatch(ctx, &api.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
		if err != nil {
			return nil, err
		}
		return answer.Failed, nil
	})
}

// escaped are the two characters that JSON may hold as they are and SQS may not; a job's name may
// have them.
var escaped = strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`)

// writable is a message as SQS takes it. One message that it refuses would take its whole batch along.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessageBatch", characters allowed.
func writable(body []byte) (string, error) {
	text := escaped.Replace(string(body))
	if text == "" || len(text) > maxBytes {
		return "", fmt.Errorf("the message has %d bytes, and has to have 1 to %d", len(text), maxBytes)
	}
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("the message is not UTF-8: %.40q", text)
	}
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }
	if at := strings.IndexFunc(text, control); at >= 0 {
		return "", fmt.Errorf("the message has the character %q at byte %d, which SQS does not take; write it as JSON does", text[at], at)
	}
	return text, nil
}
