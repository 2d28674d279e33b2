package dynamodb

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// tries is how often a call is made: with the waits between, about eight seconds.
const tries = 8

// backoff is the wait before another try.
var backoff = retry.NewExponentialJitterBackoff(2 * time.Second)

// Why DynamoDB cancels a transaction.
// Source: docs.aws.amazon.com, DynamoDB API Reference, "TransactWriteItems", errors.
const (
	codeNone            = "None"
	codeConditionFailed = "ConditionalCheckFailed"
)

// passing are those reasons that are others' doing and pass.
var passing = map[string]bool{codeNone: true, "TransactionConflict": true, "ThrottlingError": true, "ProvisionedThroughputExceeded": true}

// retryer tries again what the SDK would, and conflicts with others' transactions, and answers that
// were cut off. Every call of this package may be repeated: what it writes is conditional or has a
// token. The SDK's budget for retries is not kept: a pass makes one call at a time.
func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.Backoff, o.RateLimiter = tries, backoff, ratelimit.None
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(worthAnother))
	})
}

func worthAnother(err error) aws.Ternary {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		for _, reason := range cancelled.CancellationReasons {
			if !passing[aws.ToString(reason.Code)] {
				return aws.FalseTernary
			}
		}
		return aws.TrueTernary
	}
	var conflict *types.TransactionConflictException
	var unread *smithy.DeserializationError
	if errors.As(err, &conflict) || errors.As(err, &unread) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
