//go:build aws

package cloudformation_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/cmd/lambda/lambdatest"
)

func TestTheServerRunsOnWhatTheTemplateMadeOnMoto(t *testing.T) {
	o := inOurVPC(t, nil)
	address := free(t)
	o.tell("http://" + address + "/webhooks/github")
	o.run("../cmd/server", o.asAppRunner(address))
	tick := o.function("Tick", map[string]string{"MAYFLY_TICK_URL": "http://" + address + "/internal/tick"}) // App Runner's is not there
	o.await("ready", func() bool {
		answer, err := http.Get("http://" + address + "/ping")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	o.tick(tick)
	o.oneJob(func() {})
}

// asAppRunner is the environment that the template tells App Runner, with the secrets read. Only where it listens
// is ours.
func (o *onMoto) asAppRunner(address string) map[string]string {
	service := o.made.Resources["Service"]
	environment := onAppRunner(service)
	for _, one := range at(service.Properties, "SourceConfiguration", "ImageRepository", "ImageConfiguration", "RuntimeEnvironmentSecrets").([]any) {
		environment[at(one, "Name").(string)] = o.secretValue(at(one, "Value").(string))
	}
	environment["MAYFLY_LISTEN"] = address
	return environment
}

func free(t *testing.T) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestTheFunctionsRunOnWhatTheTemplateMadeOnMoto(t *testing.T) {
	o := inOurVPC(t, map[string]string{"ServerPlatform": "Lambda"})
	web, worker := o.function("Web", nil), o.function("Worker", nil)
	url := httptest.NewServer(web.URL())
	t.Cleanup(url.Close)
	o.tell(url.URL + "/webhooks/github")
	o.tick(worker)
	o.oneJob(func() { o.poll(worker) })
}

// poll is the event source of the queue: it brings what there is, and removes what was applied.
func (o *onMoto) poll(worker *lambdatest.Runtime) {
	o.t.Helper()
	api, queue := sqs.NewFromConfig(o.config), o.given["Queue"]
	got, err := api.ReceiveMessage(o.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
	o.must(err)
	var brought []events.SQSMessage
	for _, m := range got.Messages {
		brought = append(brought, events.SQSMessage{MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, EventSource: "aws:sqs"})
	}
	if len(brought) == 0 {
		return
	}
	for _, applied := range worker.Deliver(brought) {
		_, err := api.DeleteMessage(o.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: &applied.ReceiptHandle})
		o.must(err)
	}
}
