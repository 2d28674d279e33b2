// Package cloudwatch is CloudWatch Logs, as the agent uses it: one stream that is only ever added to. Its
// two calls are written by hand, over the SDK's signer: the SDK of CloudWatch Logs took 1.4 MB of the
// customer's memory, of the 15 that the agent may have.
package cloudwatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/agent/logs"
)

// Config is what a stream needs.
type Config struct {
	Group       string // exists already: an instance may make none
	Stream      string // the instance's id
	Region      string
	Endpoint    string // a URL; empty is AWS's own
	Credentials aws.CredentialsProvider
	Client      *http.Client // nil is [http.DefaultClient]
}

// Stream is one stream of a log group. It is safe for concurrent use; make it with [New].
type Stream struct {
	group, stream    string
	region, endpoint string
	credentials      aws.CredentialsProvider
	client           *http.Client
}

// New is the stream. No call is made.
func New(config Config) *Stream {
	return &Stream{
		group: config.Group, stream: config.Stream, region: config.Region,
		endpoint:    cmp.Or(config.Endpoint, endpoint(config.Region)),
		credentials: aws.NewCredentialsCache(config.Credentials),
		client:      cmp.Or(config.Client, http.DefaultClient),
	}
}

// Operations are the operations of AWS that a stream calls.
func Operations() []string { return []string{"logs:CreateLogStream", "logs:PutLogEvents"} }

// place is where a call is about.
type place struct {
	Group  string `json:"logGroupName"`
	Stream string `json:"logStreamName"`
}

// batch is events to add.
type batch struct {
	place
	Events []line `json:"logEvents"`
}

type line struct {
	Message   string `json:"message"`
	Timestamp int64  `json:"timestamp"` // ms since 1970
}

// added is what became of them: none is kept before the one index, none from the other on.
// Source: docs.aws.amazon.com, CloudWatch Logs API Reference, "RejectedLogEventsInfo".
type added struct {
	Rejected *struct {
		TooOldEnd   int  `json:"tooOldLogEventEndIndex"`
		ExpiredEnd  int  `json:"expiredLogEventEndIndex"`
		TooNewStart *int `json:"tooNewLogEventStartIndex"`
	} `json:"rejectedLogEventsInfo"`
}

// Open makes the stream. One that is there already is no error.
func (s *Stream) Open(ctx context.Context) error {
	err := s.call(ctx, "CreateLogStream", place{s.group, s.stream}, nil)
	switch code(err) {
	case "ResourceAlreadyExistsException":
		return nil
	case "ResourceNotFoundException":
		return fmt.Errorf("log group %q: it is not there: make it, or correct log_group in the user data: %w", s.group, err)
	}
	return s.wrap("make", err)
}

// Put adds events, and says how many of them were not kept, for they are older than the group keeps any.
func (s *Stream) Put(ctx context.Context, events []logs.Event) (refused int, err error) {
	input := batch{place{s.group, s.stream}, make([]line, len(events))}
	for i, event := range events {
		input.Events[i] = line{event.Text, event.At.UnixMilli()}
	}
	var answer added
	if err := s.call(ctx, "PutLogEvents", input, &answer); err != nil {
		return 0, s.wrap("add to", judge(err))
	}
	return answer.refused(len(events)), nil
}

// code is that of CloudWatch's error; empty if it is none of its.
func code(err error) string {
	var said *refusal
	if errors.As(err, &said) {
		return said.code
	}
	return ""
}

// judge tells what a call's error means to whoever sends.
func judge(err error) error {
	switch code(err) {
	case "ResourceNotFoundException":
		return fmt.Errorf("%w (%w)", logs.ErrNoStream, err)
	case "InvalidParameterException", "SerializationException", "ValidationException":
		return fmt.Errorf("%w (%w)", logs.ErrRefused, err)
	}
	return err
}

// refused is how many events of a batch were not kept.
func (a added) refused(of int) int {
	if a.Rejected == nil {
		return 0
	}
	from, to := max(a.Rejected.TooOldEnd, a.Rejected.ExpiredEnd), of
	if a.Rejected.TooNewStart != nil {
		to = *a.Rejected.TooNewStart
	}
	return min(max(of-(to-from), 0), of)
}

func (s *Stream) wrap(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("log stream %s of %s: %s it: %w", s.stream, s.group, verb, err)
}
