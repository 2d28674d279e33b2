package sqs_test

import (
	"bytes"
	"context"
	"crypto/md5" // SQS tells by it what it has read
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
)

// fake is SQS's wire before a queue in memory. A call takes 10 ms.
type fake struct {
	memory *queue.Memory
	refuse func(operation string, call, entry int) *failed // of the nth call, the mth entry; nil refuses none
	status func(operation string, call int) int            // of the nth call; nil is 200

	overlooks bool // those machines that are asked first have nothing

	mu    sync.Mutex
	calls map[string]int
	sizes []int // of the batches that were sent
	later []int // seconds that the messages were to be kept back
}

type entry struct {
	ID, MessageBody, ReceiptHandle string
	DelaySeconds                   int
}

// failed is what SQS says of an entry that it did not do.
type failed struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
}

func newFake() *fake {
	return &fake{memory: queue.NewMemory(30 * time.Second), calls: map[string]int{}}
}

func (f *fake) queue() *sqs.Queue {
	return sqs.New(aws.Config{Region: "us-east-1", Credentials: awstest.Credentials, HTTPClient: f}, "https://sqs.us-east-1.amazonaws.com/1/jobs")
}

func (f *fake) all() (calls int) {
	for _, n := range f.calls {
		calls += n
	}
	return calls
}

func (f *fake) Do(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	var sent struct {
		Entries             []entry
		MaxNumberOfMessages int
		WaitTimeSeconds     int
	}
	if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
		return nil, err
	}
	time.Sleep(10 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[operation]++
	call := f.calls[operation]
	var answer any = map[string]any{}
	status := http.StatusOK
	if f.status != nil {
		status = f.status(operation, call)
	}
	if status == http.StatusOK {
		switch operation {
		case "ReceiveMessage":
			answer = f.receive(request.Context(), sent.MaxNumberOfMessages, sent.WaitTimeSeconds)
		default:
			answer = f.batch(request.Context(), operation, call, sent.Entries)
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: request, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// receive asks some machines, or all of them if it may wait.
func (f *fake) receive(ctx context.Context, most, wait int) any {
	if f.overlooks && wait == 0 {
		return map[string]any{}
	}
	messages, _ := f.memory.Receive(ctx, most)
	if len(messages) == 0 && wait > 0 {
		f.mu.Unlock()
		time.Sleep(time.Duration(wait) * time.Second)
		f.mu.Lock()
		messages, _ = f.memory.Receive(ctx, most)
	}
	var received []map[string]string
	for _, message := range messages {
		received = append(received, map[string]string{"ReceiptHandle": message.Handle, "Body": string(message.Body), "MD5OfBody": md5Of(string(message.Body))})
	}
	return map[string]any{"Messages": received}
}

func (f *fake) batch(ctx context.Context, operation string, call int, entries []entry) any {
	var refused []failed
	var done []map[string]string
	for n, e := range entries {
		if f.refuse != nil {
			if fault := f.refuse(operation, call, n); fault != nil {
				fault.ID = e.ID
				refused = append(refused, *fault)
				continue
			}
		}
		if operation == "SendMessageBatch" {
			_ = f.memory.Send(ctx, []byte(e.MessageBody))
			f.later = append(f.later, e.DelaySeconds)
		} else {
			_ = f.memory.Ack(ctx, e.ReceiptHandle)
		}
		done = append(done, map[string]string{"Id": e.ID, "MessageId": e.ID, "MD5OfMessageBody": md5Of(e.MessageBody)})
	}
	if operation == "SendMessageBatch" {
		f.sizes = append(f.sizes, len(entries))
	}
	return map[string]any{"Successful": done, "Failed": refused}
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}
