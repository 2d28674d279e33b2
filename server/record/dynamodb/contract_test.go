//go:build aws

package dynamodb_test

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb/tabletest"
	"github.com/mayfly-ci/mayfly/server/record/recordtest"
)

func TestTheRecordKeepsItsContractAndCallsNothingElse(t *testing.T) {
	config := awstest.Config(t)
	config.HTTPClient = &awstest.InTurn{}
	var calls awstest.Calls
	recordtest.Contract(t, func(t *testing.T) recordtest.Record {
		return dynamodb.New(calls.Counted(config), tabletest.Make(t, config))
	}, recordtest.InRealTime)
	calls.Check(t, dynamodb.Operations())
}

// lossy loses the next answer, after the request has been served.
type lossy struct{ next atomic.Bool }

func (l *lossy) Do(request *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && l.next.Swap(false) {
		_ = answer.Body.Close()
		return nil, errors.New("the answer was lost")
	}
	return answer, err
}

func TestWhatWasDoneAndNotAnsweredIsDoneOnce(t *testing.T) {
	config := awstest.Config(t)
	var wire lossy
	name := tabletest.Make(t, config)
	config.HTTPClient = &wire
	r := dynamodb.New(config, name)
	lose := func(what string, call func() error) {
		t.Helper()
		wire.next.Store(true)
		if err := call(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	var lease runner.Lease
	acquire := func() (err error) { lease, err = r.Acquire(t.Context(), "a", time.Minute); return err }
	want := runner.Job{ID: 1, State: runner.JobQueued}

	lose("acquire", acquire)
	lose("commit", func() error { return r.Commit(t.Context(), lease, want) })
	lose("release", func() error { return r.Release(t.Context(), lease) })
	if err := acquire(); err != nil || lease.Fence != 2 {
		t.Errorf("after the release: got fence %d, %v, want 2", lease.Fence, err)
	}
	if got, err := r.Unfinished(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("unfinished: got %v, %v, want the one job", got, err)
	}
}

func TestWhatIsFinishedExpiresAfterThirtyDays(t *testing.T) {
	config := awstest.Config(t)
	name := tabletest.Make(t, config)
	r := dynamodb.New(config, name)
	lease, err := r.Acquire(t.Context(), "a", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := r.Commit(t.Context(), lease, runner.Job{ID: 1, State: runner.JobQueued}, runner.Job{ID: 2, State: runner.JobCompleted}); err != nil {
		t.Fatal(err)
	}
	all, err := api.NewFromConfig(config).Scan(t.Context(), &api.ScanInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	expire := map[string]int64{}
	for _, item := range all.Items {
		if at, expires := item[dynamodb.ExpiresKey].(*types.AttributeValueMemberN); expires {
			expire[item[dynamodb.ItemKey].(*types.AttributeValueMemberS).Value], err = strconv.ParseInt(at.Value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := now.Add(30 * 24 * time.Hour).Unix()
	if got := expire["job/2"]; len(expire) != 1 || got < want || got > want+60 {
		t.Errorf("expire: got %v, want job/2 alone, at %d", expire, want)
	}
}
