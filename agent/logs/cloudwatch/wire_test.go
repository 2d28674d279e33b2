//go:build aws

package cloudwatch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// counted counts requests by the operation that their header names.
type counted struct{ calls *awstest.Calls }

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Count("logs:" + strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "Logs_20140328."))
	return http.DefaultTransport.RoundTrip(r)
}

func TestLogsAreInCloudWatchAndNothingElseIsCalled(t *testing.T) {
	config, group, instance := awstest.Config(t), awstest.Unique("agents"), awstest.Unique("i")
	reader := api.NewFromConfig(config)
	if _, err := reader.CreateLogGroup(t.Context(), &api.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	var calls awstest.Calls
	for life := range 2 { // the second one finds the stream
		l := logs.New(logs.Config{Random: func() float64 { return 0 }})
		l.Ship(t.Context(), cloudwatch.New(cloudwatch.Config{
			Group: group, Stream: instance, Region: config.Region, Endpoint: *config.BaseEndpoint,
			Credentials: config.Credentials, Client: &http.Client{Transport: counted{&calls}},
		}))
		fmt.Fprintf(l.Writer(""), "life %d\nends\n", life)
		if got := l.Close(); got != 0 {
			t.Fatalf("lost: got %d lines, want none", got)
		}
	}
	calls.Check(t, cloudwatch.Operations())
	answer, err := reader.GetLogEvents(t.Context(), &api.GetLogEventsInput{LogGroupName: &group, LogStreamName: &instance, StartFromHead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, event := range answer.Events {
		texts = append(texts, *event.Message)
		if at := time.UnixMilli(*event.Timestamp); time.Since(at).Abs() > time.Hour {
			t.Errorf("%s: got %v, want about now", *event.Message, at)
		}
	}
	if diff := cmp.Diff([]string{"life 0", "ends", "life 1", "ends"}, texts); diff != "" {
		t.Errorf("events, want - got +:\n%s", diff)
	}
}
