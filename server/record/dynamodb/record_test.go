package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var (
	lost      = answer{}
	done      = answer{status: http.StatusOK, body: document{}}
	cutOff    = answer{status: http.StatusOK, body: `{"Attributes": {"fen`}
	broken    = answer{status: http.StatusInternalServerError, body: document{}}
	throttled = fault("ProvisionedThroughputExceededException", nil)
	conflict  = cancelled("None", "TransactionConflict")
)

func TestACommitIsRepeatedUnchangedUntilItIsAnswered(t *testing.T) {
	for what, test := range map[string]struct {
		answers  []answer
		requests int
	}{
		"at once":                     {[]answer{done}, 1},
		"throttled":                   {[]answer{throttled, throttled, done}, 3},
		"throttled in parts":          {[]answer{cancelled("None", "ThrottlingError"), cancelled("None", "ProvisionedThroughputExceeded"), done}, 3},
		"in conflict":                 {[]answer{conflict, conflict, conflict, done}, 4},
		"in conflict about the lease": {[]answer{cancelled("TransactionConflict", "None"), done}, 2},
		"still in progress":           {[]answer{lost, fault("TransactionInProgressException", nil), done}, 3},
		"lost answers":                {[]answer{lost, lost, done}, 3},
		"an answer that was cut off":  {[]answer{cutOff, done}, 2},
		"an error of DynamoDB's":      {[]answer{broken, done}, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := script(test.answers...)
			if err := w.record().Commit(t.Context(), runner.Lease{Fence: 3}, runner.Job{ID: 1, State: runner.JobQueued}); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			w.checkRequests(t, what, test.requests)
			if token, _ := w.requests[0]["ClientRequestToken"].(string); token == "" {
				t.Errorf("%s: the commit has no token", what)
			}
		})
	}
}

func TestACommitThatCannotBeDoneIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(cancelled("ConditionalCheckFailed", "TransactionConflict"))
		err := w.record().Commit(t.Context(), runner.Lease{Fence: 3}, runner.Job{ID: 1})
		if !errors.Is(err, runner.ErrFenced) {
			t.Errorf("got %v, want ErrFenced", err)
		}
		checkSays(t, "fenced", err, "fence 3, now 9")
		w.checkRequests(t, "fenced", 1)

		w = script(cancelled("None", "None", "ValidationError"))
		err = w.record().Commit(t.Context(), runner.Lease{Fence: 3}, runner.Job{ID: 1}, runner.Job{ID: 2})
		if errors.Is(err, runner.ErrFenced) {
			t.Errorf("got %v, want another error than ErrFenced", err)
		}
		checkSays(t, "an item that is not taken", err, "job/2: ValidationError because")
		w.checkRequests(t, "an item that is not taken", 1)
	})
}

func TestDynamoDBInTroubleIsGivenUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, began := script(throttled), time.Now()
		err := w.record().Commit(t.Context(), runner.Lease{}, runner.Job{ID: 1})
		checkSays(t, "for ever", err, "ProvisionedThroughputExceededException")
		w.checkRequests(t, "for ever", 8)
		if got := time.Since(began); got == 0 || got > 15*time.Second {
			t.Errorf("gave up after %v of fake time, want some, at most 15s", got)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		w = script(throttled)
		if err := w.record().Commit(ctx, runner.Lease{}, runner.Job{ID: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("past its deadline: got %v, want context.DeadlineExceeded", err)
		}
	})
}

// leased is DynamoDB's answer to one who asks for the lease while it is held under a token.
func leased(token any) answer {
	return fault("ConditionalCheckFailedException", document{"Item": document{
		"fence": document{"N": "5"}, "until": document{"N": "60000"}, "holder": document{"S": "b"}, "token": token,
	}})
}

func TestALeaseWhoseAnswerWasLostIsStillOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		w.answer = func(request document) answer {
			if len(w.requests) == 1 {
				return lost
			}
			return leased(request["ExpressionAttributeValues"].(document)[":token"])
		}
		lease, err := w.record().Acquire(t.Context(), "b", time.Minute)
		if err != nil || lease.Fence != 5 {
			t.Errorf("got %+v, %v, want fence 5", lease, err)
		}
	})
}

func TestALeaseOfAnothersIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := script(fault("TransactionConflictException", nil), leased(document{"S": "another's"}))
		lease, err := w.record().Acquire(t.Context(), "b", time.Minute)
		if !errors.Is(err, runner.ErrLeaseTaken) {
			t.Errorf("got %v, want ErrLeaseTaken", err)
		}
		if want := time.UnixMilli(60000); lease.Holder != "b" || !lease.Until.Equal(want) {
			t.Errorf("got %+v, want b's, until %v", lease, want)
		}
		w.checkRequests(t, "a conflict, and then an answer", 2)
	})
}

func TestKeysThatDynamoDBLeftAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		job := func(id int) document {
			return document{"shard": document{"S": "0"}, "key": document{"S": runner.JobKey(int64(id))}, "body": document{"S": fmt.Sprintf(`{"id":%d}`, id)}}
		}
		left := document{"jobs": document{"Keys": []document{{"shard": document{"S": "0"}, "key": document{"S": "job/2"}}}}}
		w := script(
			answer{status: http.StatusOK, body: document{"Responses": document{"jobs": []document{job(1)}}, "UnprocessedKeys": left}},
			answer{status: http.StatusOK, body: document{"Responses": document{"jobs": []document{job(2)}}}},
		)
		items, err := w.record().Get(t.Context(), "job/1", "job/2")
		if err != nil || len(items) != 2 {
			t.Errorf("got %v, %v, want both jobs", items, err)
		}
		keys := w.requests[1]["RequestItems"].(document)["jobs"].(document)["Keys"].([]any)
		if len(w.requests) != 2 || len(keys) != 1 {
			t.Errorf("%d requests, the second for %d keys, want 2, for 1", len(w.requests), len(keys))
		}

		w = script(answer{status: http.StatusOK, body: document{"UnprocessedKeys": left}})
		_, err = w.record().Get(t.Context(), "job/2")
		checkSays(t, "left for ever", err, "1 of 1 keys unprocessed 8 times")
	})
}

func TestEveryPageOfEveryShardIsRead(t *testing.T) {
	page := func(id int, more document) answer {
		key := runner.JobKey(int64(id))
		body := document{"Items": []document{{"key": document{"S": key}, "body": document{"S": fmt.Sprintf(`{"id":%d}`, id)}}}}
		for name, value := range more {
			body[name] = value
		}
		return answer{status: http.StatusOK, body: body}
	}
	shards := map[any]bool{}
	w := &wire{}
	w.answer = func(request document) answer {
		shards[request["ExpressionAttributeValues"].(document)[":shard"].(document)["S"]] = true
		if consistent, _ := request["ConsistentRead"].(bool); !consistent {
			t.Error("a read is not consistent")
		}
		if request["ExclusiveStartKey"] == nil {
			return page(1, document{"LastEvaluatedKey": document{"key": document{"S": "job/1"}}})
		}
		return page(2, nil)
	}
	items, err := w.record().Unfinished(t.Context())
	if err != nil || len(items) != 32 || len(shards) != 16 {
		t.Errorf("got %d items of %d shards, %v, want 2 of each of 16", len(items), len(shards), err)
	}

	w.answer = func(request document) answer {
		if request["ExclusiveStartKey"] != nil {
			return fault("ResourceNotFoundException", nil)
		}
		return page(1, document{"LastEvaluatedKey": document{"key": document{"S": "job/1"}}})
	}
	items, err = w.record().Unfinished(t.Context())
	checkSays(t, "half of it", err, "ResourceNotFoundException")
	if items != nil {
		t.Errorf("half of it: got %d items, want none", len(items))
	}
}

// A launch of 500 slots is the longest of all, beside the sweeps.
func TestALongItemIsPacked(t *testing.T) {
	var launch runner.Launch
	for n := range 500 {
		launch.Slots = append(launch.Slots, runner.Slot{Job: int64(n), Class: runner.Class{
			Installation: 42, Scope: runner.Repository{ID: int64(n), FullName: fmt.Sprintf("octo/repository-%d", n)},
			Labels: []string{fmt.Sprintf("mayfly=%d/runner=4cpu-linux-x64", n)},
		}})
	}
	w := script(done)
	if err := w.record().Commit(t.Context(), runner.Lease{}, launch); err != nil {
		t.Fatal(err)
	}
	put := w.requests[0]["TransactItems"].([]any)[1].(document)["Put"].(document)["Item"].(document)
	packed, _ := put["packed"].(document)["B"].(string)
	if got := len(packed); got == 0 || got > 20<<10 || put["body"] != nil {
		t.Errorf("got %d bytes packed beside body %v, want at most 20 KB, and no body", got, put["body"])
	}
}
