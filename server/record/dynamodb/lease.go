package dynamodb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// leaseKey is where the lease is: in a partition of its own, for every commit asks it.
func leaseKey() attributes { return attributes{ShardKey: text("lease"), ItemKey: text("lease")} }

// Acquire takes the lease for a while, and gives it the next fencing number. While somebody holds
// it the error is [runner.ErrLeaseTaken], and the lease is theirs.
//
// A lease that was given, and of which the answer was lost, is refused to the repeat: it is known
// again by its token.
func (r *Record) Acquire(ctx context.Context, holder string, during time.Duration) (runner.Lease, error) {
	now, token := time.Now(), rand.Text()
	given, err := r.api.UpdateItem(ctx, &api.UpdateItemInput{
		TableName: &r.table, Key: leaseKey(),
		ConditionExpression: aws.String("attribute_not_exists(fence) OR #until <= :now"),
		UpdateExpression:    aws.String("SET fence = if_not_exists(fence, :none) + :one, holder = :holder, #until = :until, #token = :token"),
		// Reserved words of DynamoDB's expressions.
		ExpressionAttributeNames: map[string]string{"#until": "until", "#token": "token"},
		ExpressionAttributeValues: attributes{
			":none": number(0), ":one": number(1), ":holder": text(holder), ":token": text(token),
			":now": number(now.UnixMilli()), ":until": number(now.Add(during).UnixMilli()),
		},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if refused := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &refused) {
		lease, err := leaseOf(refused.Item)
		if err == nil && !has(refused.Item, "token", token) {
			err = runner.ErrLeaseTaken
		}
		return lease, r.wrap("acquire the lease", err)
	}
	if err != nil {
		return runner.Lease{}, r.wrap("acquire the lease", err)
	}
	lease, err := leaseOf(given.Attributes)
	return lease, r.wrap("acquire the lease", err)
}

// Release ends the lease before its time. One that has passed on is left alone.
func (r *Record) Release(ctx context.Context, lease runner.Lease) error {
	_, err := r.api.UpdateItem(ctx, &api.UpdateItemInput{
		TableName: &r.table, Key: leaseKey(),
		ConditionExpression:       aws.String("fence = :fence"),
		UpdateExpression:          aws.String("SET #until = :over"),
		ExpressionAttributeNames:  map[string]string{"#until": "until"},
		ExpressionAttributeValues: attributes{":fence": number(lease.Fence), ":over": number(0)},
	})
	if passed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &passed) {
		return nil
	}
	return r.wrap("release the lease", err)
}

// held is the check that a commit makes of its lease.
func (r *Record) held(lease runner.Lease) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &r.table, Key: leaseKey(),
		ConditionExpression:                 aws.String("fence = :fence"),
		ExpressionAttributeValues:           attributes{":fence": number(lease.Fence)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func leaseOf(stored attributes) (runner.Lease, error) {
	fence, err := integer(stored, "fence")
	if err != nil {
		return runner.Lease{}, err
	}
	until, err := integer(stored, "until")
	if err != nil {
		return runner.Lease{}, err
	}
	lease := runner.Lease{Fence: fence, Until: time.UnixMilli(until)}
	if holder, known := stored["holder"].(*types.AttributeValueMemberS); known {
		lease.Holder = holder.Value
	}
	return lease, nil
}

func integer(stored attributes, name string) (int64, error) {
	value, is := stored[name].(*types.AttributeValueMemberN)
	if !is {
		return 0, fmt.Errorf("the stored lease has no number %s", name)
	}
	return strconv.ParseInt(value.Value, 10, 64)
}

func has(stored attributes, name, want string) bool {
	value, is := stored[name].(*types.AttributeValueMemberS)
	return is && value.Value == want
}
