//go:build aws

package sns_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	sqsapi "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/alert/sns"
)

var _ alert.Sender = (*sns.Sender)(nil)

func TestWhoSubscribedGetsTheAlertAndNothingElseIsCalled(t *testing.T) {
	config := awstest.Config(t)
	owner, mail := api.NewFromConfig(config), sqsapi.NewFromConfig(config)
	made, err := owner.CreateTopic(t.Context(), &api.CreateTopicInput{Name: aws.String(awstest.Unique("alerts"))})
	if err != nil {
		t.Fatal(err)
	}
	box := awstest.Unique("mail")
	inbox, err := mail.CreateQueue(t.Context(), &sqsapi.CreateQueueInput{QueueName: &box})
	if err != nil {
		t.Fatal(err)
	}
	_, err = owner.Subscribe(t.Context(), &api.SubscribeInput{
		TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:" + box),
	})
	if err != nil {
		t.Fatal(err)
	}

	var calls awstest.Calls
	counted := calls.Counted(config)
	if err := sns.New(counted, *made.TopicArn, "prod").Send(t.Context(), "jobs wait for you"); err != nil {
		t.Fatal(err)
	}
	if err := sns.New(counted, *made.TopicArn+"-absent", "prod").Send(t.Context(), "text"); err == nil {
		t.Error("no such topic: got no error")
	}
	got, err := mail.ReceiveMessage(t.Context(), &sqsapi.ReceiveMessageInput{QueueUrl: inbox.QueueUrl})
	if err != nil || len(got.Messages) != 1 || !strings.Contains(*got.Messages[0].Body, "jobs wait for you") {
		t.Errorf("got %+v, %v, want the alert", got, err)
	}
	calls.Check(t, sns.Operations())
}
