// Package cloudwatch is CloudWatch Logs, as the agent uses it: one stream that is only ever added to. It
// is the only package that knows CloudWatch Logs' SDK, which makes the agent's binary 0.8 MB longer: less
// than our own signing, errors and clock correction would be worth.
package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"github.com/mayfly-ci/mayfly/agent/logs"
)

// Config is what a stream needs.
type Config struct {
	Group       string // exists already: an instance may make none
	Stream      string // the instance's id
	Region      string
	Endpoint    string // a URL; empty is AWS's own
	Credentials aws.CredentialsProvider
	Client      *http.Client // nil is the SDK's own
}

// Stream is one stream of a log group. It is safe for concurrent use; make it with [New].
type Stream struct {
	group, stream string
	api           *api.Client
}

// New is the stream. No call is made.
func New(config Config) *Stream {
	options := api.Options{
		Region:      config.Region,
		Credentials: aws.NewCredentialsCache(config.Credentials),
		Retryer:     aws.NopRetryer{}, // whoever sends keeps the batch, and comes again
	}
	if config.Client != nil {
		options.HTTPClient = config.Client
	}
	if config.Endpoint != "" {
		options.BaseEndpoint = aws.String(config.Endpoint)
	}
	return &Stream{group: config.Group, stream: config.Stream, api: api.New(options)}
}

// Operations are the operations of AWS that a stream calls.
func Operations() []string { return []string{"logs:CreateLogStream", "logs:PutLogEvents"} }

// Open makes the stream. One that is there already is no error.
func (s *Stream) Open(ctx context.Context) error {
	_, err := s.api.CreateLogStream(ctx, &api.CreateLogStreamInput{LogGroupName: &s.group, LogStreamName: &s.stream})
	var exists *types.ResourceAlreadyExistsException
	if errors.As(err, &exists) {
		return nil
	}
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return fmt.Errorf("log group %q: it is not there: make it, or correct log_group in the user data: %w", s.group, err)
	}
	return s.wrap("make", err)
}

// Put adds events, and says how many of them were not kept, for they are older than the group keeps any.
func (s *Stream) Put(ctx context.Context, events []logs.Event) (refused int, err error) {
	input := &api.PutLogEventsInput{LogGroupName: &s.group, LogStreamName: &s.stream, LogEvents: make([]types.InputLogEvent, len(events))}
	for i, event := range events {
		input.LogEvents[i] = types.InputLogEvent{Message: aws.String(event.Text), Timestamp: aws.Int64(event.At.UnixMilli())}
	}
	answer, err := s.api.PutLogEvents(ctx, input)
	if err != nil {
		return 0, s.wrap("add to", judge(err))
	}
	return rejected(answer.RejectedLogEventsInfo, len(events)), nil
}

// judge tells what a call's error means to whoever sends.
func judge(err error) error {
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return fmt.Errorf("%w (%w)", logs.ErrNoStream, err)
	}
	var answer smithy.APIError
	if errors.As(err, &answer) {
		switch answer.ErrorCode() {
		case "InvalidParameterException", "SerializationException", "ValidationException":
			return fmt.Errorf("%w (%w)", logs.ErrRefused, err)
		}
	}
	return err
}

// rejected is how many events of a batch an answer says were not kept: those before the one index, those
// from the other on.
// Source: docs.aws.amazon.com, CloudWatch Logs API Reference, "RejectedLogEventsInfo".
func rejected(info *types.RejectedLogEventsInfo, of int) int {
	if info == nil {
		return 0
	}
	from := max(aws.ToInt32(info.TooOldLogEventEndIndex), aws.ToInt32(info.ExpiredLogEventEndIndex))
	to := of
	if info.TooNewLogEventStartIndex != nil {
		to = int(*info.TooNewLogEventStartIndex)
	}
	return min(max(of-(to-int(from)), 0), of)
}

func (s *Stream) wrap(verb string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("log stream %s of %s: %s it: %w", s.stream, s.group, verb, err)
}
