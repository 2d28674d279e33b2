package function

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Kind is what an invocation is about.
type Kind string

// The kinds of events that a function is made for.
const (
	KindWeb      Kind = "web"      // a request to the function's URL
	KindQueue    Kind = "queue"    // messages of the queue
	KindSchedule Kind = "schedule" // the minute's tick
)

// KindOf tells by an event's own shape what it is. Sources: docs.aws.amazon.com, AWS Lambda Developer
// Guide, "Invoking Lambda function URLs" (payload format 2.0) and "Using Lambda with Amazon SQS"; Amazon
// EventBridge User Guide, "Creating a rule that runs on a schedule"; EventBridge Scheduler writes the same
// with a source of its own.
func KindOf(raw []byte) (Kind, error) {
	var event struct {
		Version        string `json:"version"`
		RequestContext struct {
			HTTP struct {
				Method string `json:"method"`
			} `json:"http"`
		} `json:"requestContext"`
		Records []struct {
			EventSource string `json:"eventSource"`
		}
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
	}
	if err := json.Unmarshal(raw, &event); err != nil {
		return "", fmt.Errorf("lambda: the event is not JSON: %w", err)
	}
	switch {
	case event.Version == "2.0" && event.RequestContext.HTTP.Method != "":
		return KindWeb, nil
	case len(event.Records) > 0 && event.Records[0].EventSource == "aws:sqs":
		return KindQueue, nil
	case event.DetailType == "Scheduled Event" && (event.Source == "aws.events" || event.Source == "aws.scheduler"):
		return KindSchedule, nil
	}
	return "", errors.New("lambda: the event is none of a function URL (payload format 2.0), of SQS (Records) and of a schedule (Scheduled Event): see what the function is wired to")
}
