package cloudwatch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/image"
	"github.com/mayfly-ci/mayfly/server/usage"
	"github.com/mayfly-ci/mayfly/server/usage/cloudwatch"
)

var (
	_ usage.Meter = (*cloudwatch.Meter)(nil)
	_ image.Meter = (*cloudwatch.Meter)(nil)
)

// wire keeps what was sent, and answers with a status. CloudWatch's SDK speaks Smithy's RPC v2 in CBOR
// since December 2025, which moto 5.2 does not: so CloudWatch alone is not tried on it.
type wire struct {
	status int
	path   string
	sent   cbor.Map
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	value, err := cbor.Decode(body)
	if err != nil {
		return nil, err
	}
	sent, is := value.(cbor.Map)
	if !is {
		return nil, errors.New("the request is no map")
	}
	w.path, w.sent = request.URL.Path, sent
	header := http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}, "Content-Type": {"application/cbor"}}
	return &http.Response{StatusCode: w.status, Header: header, Request: request, Body: io.NopCloser(strings.NewReader("\xa0"))}, nil
}

func (w *wire) config() aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: awstest.Credentials, HTTPClient: w}
}

func TestAMetricIsToldOfItsStackAndNothingElseIsCalled(t *testing.T) {
	for metric, tell := range map[string]func(*cloudwatch.Meter, context.Context, float64, time.Time) error{
		cloudwatch.Metric: (*cloudwatch.Meter).RunnerMinutes, cloudwatch.AgeMetric: (*cloudwatch.Meter).ImageAge,
	} {
		t.Run(metric, func(t *testing.T) { checkTold(t, metric, tell) })
	}
}

func checkTold(t *testing.T, metric string, tell func(*cloudwatch.Meter, context.Context, float64, time.Time) error) {
	t.Helper()
	w := &wire{status: http.StatusOK}
	var calls awstest.Calls
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := tell(cloudwatch.New(calls.Counted(w.config()), "prod"), t.Context(), 3.5, at); err != nil {
		t.Fatal(err)
	}
	calls.Check(t, cloudwatch.Operations())
	if !strings.HasSuffix(w.path, "/operation/PutMetricData") || w.sent["Namespace"] != cbor.String("Mayfly") {
		t.Errorf("got %s of namespace %v, want PutMetricData of Mayfly", w.path, w.sent["Namespace"])
	}
	data, _ := w.sent["MetricData"].(cbor.List)
	if len(data) != 1 {
		t.Fatalf("got %v, want one datum", w.sent)
	}
	datum, _ := data[0].(cbor.Map)
	value, err := cbor.AsFloat64(datum["Value"])
	when, timeErr := cbor.AsTime(datum["Timestamp"])
	if err != nil || timeErr != nil || value != 3.5 || !when.Equal(at) || datum["MetricName"] != cbor.String(metric) {
		t.Errorf("got %v, want %s 3.5 at %v", datum, metric, at)
	}
	dimensions, _ := datum["Dimensions"].(cbor.List)
	if len(dimensions) != 1 {
		t.Fatalf("got dimensions %v, want one", datum["Dimensions"])
	}
	if got, _ := dimensions[0].(cbor.Map); got["Name"] != cbor.String("stack") || got["Value"] != cbor.String("prod") {
		t.Errorf("got dimension %v, want stack=prod", got)
	}
}

func TestWhenCloudWatchIsDownTheErrorComesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, began := &wire{status: http.StatusServiceUnavailable}, time.Now()
		err := cloudwatch.New(w.config(), "prod").RunnerMinutes(t.Context(), 1, time.Now())
		if err == nil || !strings.Contains(err.Error(), "Mayfly/RunnerMinutes") {
			t.Errorf("got error %v, want one that names the metric", err)
		}
		if got := time.Since(began); got > 5*time.Second {
			t.Errorf("it took %v, want 5s at most", got)
		}
	})
}
