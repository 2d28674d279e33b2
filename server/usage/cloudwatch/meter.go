// Package cloudwatch tells CloudWatch of runners' minutes and of the age of images, on which the stack has alarms. It
// is the only package that knows CloudWatch's SDK.
package cloudwatch

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Where the metrics are: the stack's alarms read the minutes' sum and the age's maximum, and its role may write to no
// other namespace.
const (
	Namespace = "Mayfly"
	Metric    = "RunnerMinutes"
	AgeMetric = "ImageAgeDays"
	Dimension = "stack"
)

// tellFor is how long telling may take: the pass that does it has other work.
const tellFor = 5 * time.Second

// Meter tells of one stack. It is safe for concurrent use; make it with [New].
type Meter struct {
	stack string
	api   *api.Client
}

// New is the meter of a stack. No call is made.
func New(config aws.Config, stack string) *Meter {
	return &Meter{stack: stack, api: api.NewFromConfig(config, func(o *api.Options) {
		o.DisableRequestCompression = true // a datum is 150 bytes
	})}
}

// Operations are the operations of AWS that a meter calls. To IAM this one's metric is its namespace,
// a condition.
func Operations() []string { return []string{"cloudwatch:PutMetricData"} }

// RunnerMinutes tells of minutes that runners lived until a moment.
func (m *Meter) RunnerMinutes(ctx context.Context, minutes float64, at time.Time) error {
	return m.put(ctx, types.MetricDatum{MetricName: aws.String(Metric), Timestamp: &at, Value: &minutes, Unit: types.StandardUnitCount})
}

// ImageAge tells how old the oldest image is at a moment.
func (m *Meter) ImageAge(ctx context.Context, days float64, at time.Time) error {
	return m.put(ctx, types.MetricDatum{MetricName: aws.String(AgeMetric), Timestamp: &at, Value: &days, Unit: types.StandardUnitNone})
}

func (m *Meter) put(ctx context.Context, datum types.MetricDatum) error {
	ctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	datum.Dimensions = []types.Dimension{{Name: aws.String(Dimension), Value: &m.stack}}
	_, err := m.api.PutMetricData(ctx, &api.PutMetricDataInput{Namespace: aws.String(Namespace), MetricData: []types.MetricDatum{datum}})
	if err != nil {
		return fmt.Errorf("metric %s/%s: put: %w", Namespace, *datum.MetricName, err)
	}
	return nil
}
