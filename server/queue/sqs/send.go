package sqs

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	api "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// maxBytes is how long a message may be: 256 KiB. SQS takes 1 MiB since August 2025, but a queue may have
// been told less, and ours are some KB.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessage"; the queue's MaximumMessageSize.
const maxBytes = 256 << 10

// Send adds a message. It is durable once there is no error; after an error it may be there all the same.
func (q *Queue) Send(ctx context.Context, body []byte) error {
	return q.wrap("send", q.send(ctx, body, 0))
}

// maxDelay is the longest that SQS keeps a message back.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessage", DelaySeconds.
const maxDelay = 15 * time.Minute

// SendLater adds a message that is not delivered sooner than after a delay, which is rounded up to
// whole seconds, and 15 minutes at most.
func (q *Queue) SendLater(ctx context.Context, body []byte, delay time.Duration) error {
	return q.wrap("send later", q.send(ctx, body, min(max(delay, 0), maxDelay)))
}

func (q *Queue) send(ctx context.Context, body []byte, delay time.Duration) error {
	text, err := writable(body)
	if err != nil {
		return err
	}
	seconds := int32((delay + time.Second - 1) / time.Second)
	_, err = q.api.SendMessage(ctx, &api.SendMessageInput{QueueUrl: &q.url, MessageBody: &text, DelaySeconds: seconds})
	return err
}

// escaped are the two characters that JSON may hold as they are and SQS may not; a job's name may
// have them.
var escaped = strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`)

// writable is a message as SQS takes it.
// Source: docs.aws.amazon.com, Amazon SQS API Reference, "SendMessage", characters allowed.
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
