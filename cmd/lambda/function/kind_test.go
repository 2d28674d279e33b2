package function_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
)

// fixture is an event as AWS's documentation shows it: the Lambda Developer Guide for function URLs and
// SQS, the EventBridge User Guide for schedules.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAnEventTellsByItselfWhatItIs(t *testing.T) {
	for event, want := range map[string]function.Kind{
		string(fixture(t, "web.json")):      function.KindWeb,
		string(fixture(t, "queue.json")):    function.KindQueue,
		string(fixture(t, "schedule.json")): function.KindSchedule,
		strings.Replace(string(fixture(t, "schedule.json")), "aws.events", "aws.scheduler", 1): function.KindSchedule,
	} {
		got, err := function.KindOf([]byte(event))
		if err != nil || got != want {
			t.Errorf("%.60s…: got %q, %v, want %q", event, got, err, want)
		}
	}
}

func TestAnEventThatNoFunctionIsForIsRefused(t *testing.T) {
	for name, event := range map[string]string{
		"nothing":               ``,
		"no JSON":               `hello`,
		"an empty object":       `{}`,
		"a list":                `[]`,
		"the console's test":    `{"key1": "value1"}`,
		"API Gateway, format 1": `{"version": "1.0", "httpMethod": "POST", "requestContext": {"httpMethod": "POST"}}`,
		"no message":            `{"Records": []}`,
		"S3":                    `{"Records": [{"eventSource": "aws:s3"}]}`,
		"EC2, past the queue":   `{"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2"}`,
		"not EventBridge's":     `{"detail-type": "Scheduled Event", "source": "somebody"}`,
	} {
		if got, err := function.KindOf([]byte(event)); err == nil || got != "" {
			t.Errorf("%s: got %q, %v, want an error", name, got, err)
		}
	}
}
