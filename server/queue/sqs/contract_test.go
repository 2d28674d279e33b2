//go:build aws

package sqs_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/queue/queuetest"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
)

// Short, for the suite runs in real time.
const (
	visibility  = time.Second
	maxReceives = "3"
)

// made is a queue with another for its dead letters, as the stack's template makes them.
func made(t *testing.T, client *api.Client) (jobs, dead string) {
	t.Helper()
	deadQueue, err := client.CreateQueue(t.Context(), &api.CreateQueueInput{QueueName: aws.String(awstest.Unique("dead"))})
	if err != nil {
		t.Fatal(err)
	}
	deadARN, err := client.GetQueueAttributes(t.Context(), &api.GetQueueAttributesInput{
		QueueUrl: deadQueue.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatal(err)
	}
	redrive, err := json.Marshal(map[string]string{"deadLetterTargetArn": deadARN.Attributes["QueueArn"], "maxReceiveCount": maxReceives})
	if err != nil {
		t.Fatal(err)
	}
	jobQueue, err := client.CreateQueue(t.Context(), &api.CreateQueueInput{
		QueueName:  aws.String(awstest.Unique("jobs")),
		Attributes: map[string]string{"VisibilityTimeout": "1", "RedrivePolicy": string(redrive)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *jobQueue.QueueUrl, *deadQueue.QueueUrl
}

func TestTheQueueKeepsItsContractAndCallsNothingElse(t *testing.T) {
	config := awstest.Config(t)
	client := api.NewFromConfig(config)
	var calls awstest.Calls
	queuetest.Contract(t, func(t *testing.T) queuetest.Opened {
		jobs, dead := made(t, client)
		return queuetest.Opened{
			Queue: sqs.New(calls.Counted(config), jobs), Visibility: visibility, MaxReceives: 3,
			DeadLetters: func(t *testing.T) (bodies []string) {
				answer, err := client.ReceiveMessage(t.Context(), &api.ReceiveMessageInput{QueueUrl: &dead, MaxNumberOfMessages: 10})
				if err != nil {
					t.Fatal(err)
				}
				for _, message := range answer.Messages {
					bodies = append(bodies, *message.Body)
				}
				return bodies
			},
		}
	}, queuetest.InRealTime)
	calls.Check(t, sqs.Operations())
}
