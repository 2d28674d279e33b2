// Package sns sends alerts through an SNS topic, which brings them to whoever subscribed. It is the
// only package that knows SNS's SDK.
package sns

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
)

const (
	// maxSubject and maxMessage are how long SNS lets a subject, in characters of ASCII, and a message be, in bytes.
	// Source: docs.aws.amazon.com, Amazon SNS API Reference, "Publish".
	maxSubject = 99
	maxMessage = 256 << 10
	// sendFor is how long an alert may take: the pass that sends it has other work.
	sendFor = 5 * time.Second
)

// Sender sends to one topic. It is safe for concurrent use; make it with [New].
type Sender struct {
	topic, subject string
	api            *api.Client
}

// New is a sender to a topic, by its ARN. The subject of its e-mails names the stack. No call is made.
func New(config aws.Config, topic, stack string) *Sender {
	return &Sender{topic: topic, subject: subject(stack), api: api.NewFromConfig(config)}
}

// Operations are the operations of AWS that a sender calls.
func Operations() []string { return []string{"sns:Publish"} }

// Send sends one alert.
func (s *Sender) Send(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	text = strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")
	if _, err := s.api.Publish(ctx, &api.PublishInput{TopicArn: &s.topic, Subject: &s.subject, Message: &text}); err != nil {
		return fmt.Errorf("topic %s: publish: %w", s.topic, err)
	}
	return nil
}

// subject is what SNS takes of one: ASCII, in one line.
func subject(stack string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, "Mayfly: "+stack+" needs you")
	return plain[:min(len(plain), maxSubject)]
}
