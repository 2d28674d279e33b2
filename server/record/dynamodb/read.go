package dynamodb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/record"
)

// perBatch is how many keys one BatchGetItem may have.
// Source: docs.aws.amazon.com, DynamoDB API Reference, "BatchGetItem".
const perBatch = 100

// Unfinished reads every live item, as it is after every commit that was answered.
func (r *Record) Unfinished(ctx context.Context) ([]runner.Item, error) {
	var shards [Shards][]runner.Item
	group, ctx := errgroup.WithContext(ctx)
	for n := range shards {
		group.Go(func() (err error) {
			shards[n], err = r.live(ctx, strconv.Itoa(n))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, r.wrap("read what is unfinished", err)
	}
	return slices.Concat(shards[:]...), nil
}

// live are the live items of a shard.
func (r *Record) live(ctx context.Context, shard string) (items []runner.Item, err error) {
	pages := api.NewQueryPaginator(r.api, &api.QueryInput{
		TableName: &r.table, IndexName: aws.String(LiveIndex), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#shard = :shard"),
		ExpressionAttributeNames:  map[string]string{"#shard": ShardKey}, // a reserved word
		ExpressionAttributeValues: attributes{":shard": text(shard)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if items, err = appended(items, page.Items); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// Get reads items by key, live or not, each once. A key that is not there is left out.
func (r *Record) Get(ctx context.Context, keys ...string) (items []runner.Item, err error) {
	for batch := range slices.Chunk(record.Unique(keys), perBatch) {
		if items, err = r.batch(ctx, items, batch); err != nil {
			return nil, r.wrap("read by key", err)
		}
	}
	return items, nil
}

// batch appends the items with some keys. DynamoDB may leave some of them for another call: at 16 MB,
// and when it is throttled.
func (r *Record) batch(ctx context.Context, items []runner.Item, keys []string) ([]runner.Item, error) {
	wanted := make([]attributes, len(keys))
	for n, key := range keys {
		wanted[n] = keyOf(key)
	}
	for round := range tries {
		if err := pause(ctx, round); err != nil {
			return nil, err
		}
		answer, err := r.api.BatchGetItem(ctx, &api.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			r.table: {Keys: wanted, ConsistentRead: aws.Bool(true)},
		}})
		if err != nil {
			return nil, err
		}
		if items, err = appended(items, answer.Responses[r.table]); err != nil {
			return nil, err
		}
		if wanted = answer.UnprocessedKeys[r.table].Keys; len(wanted) == 0 {
			return items, nil
		}
	}
	return nil, fmt.Errorf("DynamoDB left %d of %d keys unprocessed %d times", len(wanted), len(keys), tries)
}

// pause waits before a round that is not the first.
func pause(ctx context.Context, round int) error {
	if round == 0 {
		return ctx.Err()
	}
	delay, err := backoff.BackoffDelay(round, nil)
	if err != nil {
		return err
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func appended(items []runner.Item, stored []attributes) ([]runner.Item, error) {
	for _, one := range stored {
		item, err := decode(one)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
