package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// Event is something that became of a resource, or of the stack.
type Event struct {
	ID       string
	At       time.Time
	Resource string // as the template calls it; the stack's name if it is of the stack
	Type     string
	Physical string // as AWS calls it
	Status   string
	Reason   string
}

// Failed says whether something went wrong with the resource. Those that are cancelled, since another failed, are not
// what went wrong.
func (e Event) Failed() bool {
	return strings.HasSuffix(e.Status, "_FAILED") && !strings.Contains(strings.ToLower(e.Reason), "cancelled")
}

// Kept says whether the stack is deleted, and the resource stays.
func (e Event) Kept() bool { return e.Status == string(types.ResourceStatusDeleteSkipped) }

// Telling makes a line of each event that is worth one: what was done and what failed, not what is begun.
func Telling(say func(format string, values ...any)) func(Event) {
	return func(event Event) {
		if strings.HasSuffix(event.Status, "_IN_PROGRESS") {
			return
		}
		line := fmt.Sprintf("  %s  %-19s %-28s %s", event.At.Local().Format(time.TimeOnly), event.Status, event.Resource, event.Type)
		if event.Failed() {
			line += ": " + event.Reason
		}
		say("%s", line)
	}
}

// FailureError says that CloudFormation did not do what it was to do.
type FailureError struct {
	Status string // what became of the stack
	Reason string
	First  *Event // the resource that failed first; nil if none did
}

func (e *FailureError) Error() string {
	if e.First == nil {
		return fmt.Sprintf("the stack is %s: %s", e.Status, e.Reason)
	}
	return fmt.Sprintf("the stack is %s, for %s (%s) is %s: %s", e.Status, e.First.Resource, e.First.Type, e.First.Status, e.First.Reason)
}

// Latest is the id of the last event of a stack, which [Stacks.Follow] begins after.
func (s *Stacks) Latest(ctx context.Context, id string) (string, error) {
	page, err := s.api.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		return "", account.Told(err)
	}
	if len(page.StackEvents) == 0 {
		return "", nil
	}
	return aws.ToString(page.StackEvents[0].EventId), nil
}

// Follow tells of each event after one, until CloudFormation is done with the stack: it is so once there were events, and
// no more of them. The error is a [*FailureError] if it did not do what it was to do.
func (s *Stacks) Follow(ctx context.Context, id, after string, tell func(Event)) error {
	var first *Event
	begun := false
	for {
		events, err := s.after(ctx, id, after)
		if err != nil {
			return err
		}
		for _, event := range events {
			after, begun = event.ID, true
			if first == nil && event.Failed() {
				first = &event
			}
			tell(event)
		}
		stack, err := s.Find(ctx, id)
		switch {
		case err != nil:
			return err
		case stack == nil:
			return nil // it is deleted, and forgotten
		case begun && len(events) == 0 && !stack.Busy() && !stack.Empty():
			return ended(stack, first)
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

// ended is what an end means. What was rolled back is complete, too, in CloudFormation's words.
func ended(stack *Stack, first *Event) error {
	if strings.HasSuffix(stack.Status, "_COMPLETE") && !strings.Contains(stack.Status, "ROLLBACK") {
		return nil
	}
	return &FailureError{Status: stack.Status, Reason: stack.Reason, First: first}
}

// after are the events that came after one, the oldest first; all, if that is empty.
func (s *Stacks) after(ctx context.Context, id, last string) (events []Event, err error) {
	pages := cloudformation.NewDescribeStackEventsPaginator(s.api, &cloudformation.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if none(err) {
			return nil, nil
		}
		if err != nil {
			return nil, account.Told(err)
		}
		for _, one := range page.StackEvents {
			if aws.ToString(one.EventId) == last {
				slices.Reverse(events)
				return events, nil
			}
			events = append(events, event(one))
		}
	}
	slices.Reverse(events)
	return events, nil
}

func event(one types.StackEvent) Event {
	return Event{
		ID: aws.ToString(one.EventId), At: aws.ToTime(one.Timestamp), Resource: aws.ToString(one.LogicalResourceId),
		Type: aws.ToString(one.ResourceType), Physical: aws.ToString(one.PhysicalResourceId),
		Status: string(one.ResourceStatus), Reason: aws.ToString(one.ResourceStatusReason),
	}
}
