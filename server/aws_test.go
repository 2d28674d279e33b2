//go:build aws

package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb/tabletest"
)

// The flow in real time, with its record and its queue on moto, and two replicas.
func TestTheFlowOnDynamoDBAndSQS(t *testing.T) {
	config := awstest.Config(t)
	queue := sqs.New(config, madeQueue(t, config)) // whose receives wait: nobody else is to wait for them
	config.HTTPClient = &awstest.InTurn{}
	record := dynamodb.New(config, tabletest.Make(t, config))
	w := newWorld(t, option{
		cloud: func(c *localcloud.Config) {
			c.Delays = localcloud.Delays{Launch: 100 * time.Millisecond, Pending: time.Second, Shutdown: time.Second}
			c.Events = func(body []byte) {
				if err := queue.Send(context.Background(), body); err != nil {
					t.Error(err)
				}
			}
		},
		seams: func(s *server.Seams) { s.Record, s.Queue = record, queue },
	})
	defer w.close()
	w.run()
	w.runServer(w.another("b"))
	w.queueJobs(3, small)
	select {
	case <-w.settled():
	case <-time.After(2 * time.Minute):
		t.Fatalf("not settled; the log:\n%s", w.log.String())
	}
	if got := w.hub.Books().Concluded(localhub.Success); got != 3 {
		t.Errorf("%d jobs succeeded, want 3", got)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		items, err := record.Unfinished(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := runner.NewSnapshot(items...)
		if len(s.Jobs)+len(s.Runners)+len(s.Launches) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the record has %v, %v, %v unfinished; the log:\n%s", s.Jobs, s.Runners, s.Launches, w.log.String())
		}
	}
}

func madeQueue(t *testing.T, config aws.Config) string {
	made, err := api.NewFromConfig(config).CreateQueue(t.Context(), &api.CreateQueueInput{
		QueueName: aws.String(awstest.Unique("jobs")), Attributes: map[string]string{"VisibilityTimeout": "60"},
	})
	check(t, err)
	return *made.QueueUrl
}
