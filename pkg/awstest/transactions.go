package awstest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// Transactions stands before moto, which copies a whole table for each item of a transaction: with some hundred
// items that is seconds. A transaction of one check and of puts after it is made as the check alone, and then
// as batches of the puts. Nothing comes in between, for DynamoDB's requests are served one at a time: moto locks
// nothing, see [InTurn]. Make it with [NewTransactions].
type Transactions struct {
	next http.Handler
	turn sync.Mutex
}

// NewTransactions stands before a handler of DynamoDB's wire, of whatever other service is behind it, too.
func NewTransactions(next http.Handler) *Transactions { return &Transactions{next: next} }

// DynamoDB's version in the header that names an operation, and how many puts a batch may have.
// Source: docs.aws.amazon.com, DynamoDB API Reference, "BatchWriteItem".
const (
	operation = "DynamoDB_20120810."
	perBatch  = 25
)

// transaction is one, as far as it matters here.
type transaction struct {
	TransactItems []write
}

type write struct {
	ConditionCheck json.RawMessage `json:",omitempty"`
	Put            *put            `json:",omitempty"`
}

type put struct {
	TableName           string
	Item                json.RawMessage
	ConditionExpression string `json:",omitempty"`
}

func (t *Transactions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, isDynamoDB := strings.CutPrefix(r.Header.Get("X-Amz-Target"), operation)
	if !isDynamoDB {
		t.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.turn.Lock()
	defer t.turn.Unlock()
	var whole transaction
	if target != "TransactWriteItems" || json.Unmarshal(body, &whole) != nil || !whole.checksAndPuts() {
		t.next.ServeHTTP(w, about(r, target, body))
		return
	}
	answer := t.commit(context.WithoutCancel(r.Context()), r, whole.TransactItems)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a caller who is gone needs no answer
}

// checksAndPuts says whether there is one check, and all that follows are puts without conditions.
func (t transaction) checksAndPuts() bool {
	return len(t.TransactItems) > 1 && t.TransactItems[0].ConditionCheck != nil &&
		!slices.ContainsFunc(t.TransactItems[1:], func(w write) bool { return w.Put == nil || w.Put.ConditionExpression != "" })
}

// commit makes a transaction, and is the check's answer unless a batch failed.
func (t *Transactions) commit(ctx context.Context, r *http.Request, writes []write) *httptest.ResponseRecorder {
	r = r.Clone(ctx)
	checked := t.call(r, "TransactWriteItems", transaction{writes[:1]})
	if checked.Code != http.StatusOK {
		return checked
	}
	for batch := range slices.Chunk(writes[1:], perBatch) {
		puts := map[string][]map[string]any{}
		for _, write := range batch {
			puts[write.Put.TableName] = append(puts[write.Put.TableName], map[string]any{"PutRequest": map[string]any{"Item": write.Put.Item}})
		}
		if answer := t.call(r, "BatchWriteItem", map[string]any{"RequestItems": puts}); answer.Code != http.StatusOK {
			return answer
		}
	}
	return checked
}

func (t *Transactions) call(r *http.Request, target string, request any) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	body, err := json.Marshal(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return answer
	}
	t.next.ServeHTTP(answer, about(r, target, body))
	return answer
}

// about is a request with another operation and body.
func about(r *http.Request, target string, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("X-Amz-Target", operation+target)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}
