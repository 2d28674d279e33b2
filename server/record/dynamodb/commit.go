package dynamodb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/record"
)

// Commit writes all of the items or none, at most [runner.MaxCommit] of them, and only under the
// latest lease: else the error is [runner.ErrFenced]. A lease that is over, but that nobody has
// taken since, is still the latest. After any other error the items are written or they are not, as
// after every lost answer: the record alone knows.
func (r *Record) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	encoded, err := record.Encode(items...)
	if err != nil {
		return err
	}
	now := time.Now()
	writes := make([]types.TransactWriteItem, 0, len(encoded)+1)
	writes = append(writes, r.held(lease))
	for _, item := range encoded {
		stored, err := encode(item, now)
		if err != nil {
			return r.wrap("commit", err)
		}
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &r.table, Item: stored}})
	}
	// By its token DynamoDB knows a repeat, for ten minutes, and does nothing twice.
	_, err = r.api.TransactWriteItems(ctx, &api.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: aws.String(rand.Text())})
	return r.wrap("commit", explained(err, lease, encoded))
}

// explained says why a commit was cancelled: its reasons are in the order of its writes.
func explained(err error, lease runner.Lease, items []record.Stored) error {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return err
	}
	if why := cancelled.CancellationReasons; len(why) > 0 && aws.ToString(why[0].Code) == codeConditionFailed {
		latest, err := leaseOf(why[0].Item)
		if err != nil {
			return fmt.Errorf("%w (fence %d, and %w)", runner.ErrFenced, lease.Fence, err)
		}
		return fmt.Errorf("%w (fence %d, now %d)", runner.ErrFenced, lease.Fence, latest.Fence)
	}
	var faults []string
	for n, why := range cancelled.CancellationReasons {
		if code := aws.ToString(why.Code); code != codeNone && n > 0 && n <= len(items) {
			faults = append(faults, fmt.Sprintf("%s: %s %s", items[n-1].Key, code, aws.ToString(why.Message)))
		}
	}
	return fmt.Errorf("%s: %w", strings.Join(faults, "; "), err)
}

func (r *Record) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("record: table %s: %s: %w", r.table, what, err)
}
