package sqs

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// A batch of which SQS could not do all is made again for the rest, so often and with such a wait.
const (
	rounds       = 3
	betweenTries = 100 * time.Millisecond
)

// refusal is what SQS says of one entry of a batch.
type refusal struct {
	code, message string
	ours          bool // it is wrong, and always will be
}

func (r *refusal) Error() string { return fmt.Sprintf("SQS refuses it: %s: %s", r.code, r.message) }

// settle makes a batch call for so many entries, and again for those that SQS failed to do on its own
// account. The entries' ids are their numbers. The outcomes are in their order; nil is done.
func settle(ctx context.Context, entries int, call func(ctx context.Context, pending []int) ([]types.BatchResultErrorEntry, error)) []error {
	outcomes := make([]error, entries)
	pending := make([]int, entries)
	for n := range pending {
		pending[n] = n
	}
	for round := 1; len(pending) > 0; round++ {
		failed, err := call(ctx, pending)
		if err != nil {
			for _, n := range pending {
				outcomes[n] = err
			}
			return outcomes
		}
		for _, n := range pending {
			outcomes[n] = nil
		}
		pending = note(failed, outcomes)
		if round == rounds || !waited(ctx, time.Duration(round)*betweenTries, len(pending)) {
			return outcomes
		}
	}
	return outcomes
}

// note writes down what failed, and says what is worth another try.
func note(failed []types.BatchResultErrorEntry, outcomes []error) (again []int) {
	for _, entry := range failed {
		n, err := strconv.Atoi(aws.ToString(entry.Id))
		if err != nil || n < 0 || n >= len(outcomes) {
			continue // of an entry that we did not send
		}
		outcomes[n] = &refusal{code: aws.ToString(entry.Code), message: aws.ToString(entry.Message), ours: entry.SenderFault}
		if !entry.SenderFault {
			again = append(again, n)
		}
	}
	return again
}

// waited says whether there is something left and time to do it, after a wait.
func waited(ctx context.Context, wait time.Duration, left int) bool {
	if left == 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
