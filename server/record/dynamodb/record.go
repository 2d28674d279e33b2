// Package dynamodb is the record on DynamoDB, in one table. It is the only package that knows
// DynamoDB's SDK, and apart from its parent so that the demo need not compile it.
//
// An item is one of the table's, and what decides over writing is another: the lease. Live items are
// found by a local index, because that is the only kind whose reads are strongly consistent, and
// which has only those items that have its key: a finished item costs the index nothing. A local
// index shares its partition, so items are spread over [Shards] of them, which are read side by side.
//
//	shard ┬ key ──▶ body | packed, live, expires_at     table
//	      └ live ─▶ the same, of live items only        index
//	"lease" ─ "lease" ──▶ holder, fence, until, token
package dynamodb

import (
	"hash/fnv"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	api "github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// What the table is made of. All three attributes of a key are strings, and the index has all
// attributes of its items.
const (
	ShardKey   = "shard"      // partition key of the table and of its index
	ItemKey    = "key"        // sort key of the table
	LiveKey    = "live"       // sort key of the index
	LiveIndex  = "live-items" // name of the index, a local one
	ExpiresKey = "expires_at" // the attribute of DynamoDB's time to live
)

// Shards is how many partitions items are spread over. A partition takes 1,000 units of writing a
// second, and, beside a local index, keeps 10 GB: docs.aws.amazon.com, "Local secondary indexes".
// The number is part of where an item is found, so it never changes.
const Shards = 16

// Kept is how long a finished item is kept: 30 days.
const Kept = 30 * 24 * time.Hour

// perTry is how long DynamoDB has for one answer: most come within some milliseconds.
const perTry = 3 * time.Second

// Record is a record in a table. It is safe for concurrent use; make it with [New].
type Record struct {
	table string
	api   *api.Client
}

// New is the record in a table. No call is made.
func New(config aws.Config, table string) *Record {
	if config.HTTPClient == nil {
		config.HTTPClient = awshttp.NewBuildableClient().WithTimeout(perTry)
	}
	return &Record{table: table, api: api.NewFromConfig(config, func(o *api.Options) { o.Retryer = retryer() })}
}

// Operations are the operations of AWS that a record calls. To IAM, a transaction is what it is made
// of: dynamodb:PutItem and dynamodb:ConditionCheckItem.
func Operations() []string {
	return []string{"dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:TransactWriteItems", "dynamodb:UpdateItem"}
}

// shardOf is where the item with a key is.
func shardOf(key string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key))
	return strconv.Itoa(int(sum.Sum32() % Shards))
}
