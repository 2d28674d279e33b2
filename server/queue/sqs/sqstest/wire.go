// Package sqstest is a stand-in for SQS on the wire, for tests of which calls are made.
package sqstest

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // SQS tells by it what it has read
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
)

// Wire is SQS's wire before a queue in memory. Set what may go wrong before it is used; make it with [New].
type Wire struct {
	Memory *queue.Memory
	Takes  time.Duration                        // how long a call takes, beside its wait
	Refuse func(call, entry int) *Refusal       // of the nth call for a batch, from 1, the mth entry, from 0; nil refuses none
	Status func(operation string, call int) int // of the nth call; nil is 200

	mu    sync.Mutex
	calls map[string]int
	later []int
}

// Refusal is what SQS says of an entry that it did not do.
type Refusal struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
}

// New is the wire of an empty queue that hides what was received for 30 s. A call takes 10 ms.
func New() *Wire {
	return &Wire{Memory: queue.NewMemory(30 * time.Second), Takes: 10 * time.Millisecond, calls: map[string]int{}}
}

// Queue is a client of it.
func (w *Wire) Queue() *sqs.Queue {
	account := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "example", ""), HTTPClient: w}
	return sqs.New(account, "https://sqs.us-east-1.amazonaws.com/1/jobs")
}

// Calls is how often each operation was called.
func (w *Wire) Calls() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}

// Delays are how many seconds each message was to be kept back that was sent.
func (w *Wire) Delays() []int { return w.later }

type entry struct {
	ID, MessageBody, ReceiptHandle string
	DelaySeconds                   int
}

// Do answers a request.
func (w *Wire) Do(request *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	var sent struct {
		entry
		Entries             []entry
		MaxNumberOfMessages int
		WaitTimeSeconds     int
	}
	if err := json.NewDecoder(request.Body).Decode(&sent); err != nil {
		return nil, err
	}
	time.Sleep(w.Takes)
	call, status := w.count(operation)
	var answer any = map[string]any{}
	if status == http.StatusOK {
		var err error
		switch operation {
		case "ReceiveMessage":
			answer, err = w.receive(request.Context(), sent.MaxNumberOfMessages, time.Duration(sent.WaitTimeSeconds)*time.Second)
		case "SendMessage":
			answer = w.send(request.Context(), sent.entry)
		case "DeleteMessageBatch":
			answer = w.remove(request.Context(), call, sent.Entries)
		default:
			err = fmt.Errorf("sqstest: %q is not known here", operation)
		}
		if err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: request, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

func (w *Wire) count(operation string) (call, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[operation]++
	call = w.calls[operation]
	if w.Status == nil {
		return call, http.StatusOK
	}
	return call, w.Status(operation, call)
}

func (w *Wire) receive(ctx context.Context, most int, wait time.Duration) (any, error) {
	messages, err := w.Memory.Receive(ctx, most, wait)
	var received []map[string]string
	for _, message := range messages {
		received = append(received, map[string]string{"ReceiptHandle": message.Handle, "Body": string(message.Body), "MD5OfBody": md5Of(string(message.Body))})
	}
	return map[string]any{"Messages": received}, err
}

func (w *Wire) send(ctx context.Context, sent entry) any {
	_ = w.Memory.Send(ctx, []byte(sent.MessageBody))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.later = append(w.later, sent.DelaySeconds)
	return map[string]string{"MessageId": "m", "MD5OfMessageBody": md5Of(sent.MessageBody)}
}

func (w *Wire) remove(ctx context.Context, call int, entries []entry) any {
	var refused []Refusal
	var done []map[string]string
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, e := range entries {
		if w.Refuse != nil {
			if fault := w.Refuse(call, n); fault != nil {
				fault.ID = e.ID
				refused = append(refused, *fault)
				continue
			}
		}
		_ = w.Memory.Ack(ctx, e.ReceiptHandle)
		done = append(done, map[string]string{"Id": e.ID})
	}
	return map[string]any{"Successful": done, "Failed": refused}
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
