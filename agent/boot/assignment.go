package boot

import (
	"context"
	"fmt"
	"time"
)

const (
	// The server makes the assignment while the instance boots, so it is most often there already;
	// if not, then soon. The wait starts short and grows by half each time.
	firstWait   = 250 * time.Millisecond
	longestWait = 2 * time.Second
	fetchBudget = 5 * time.Minute
	tryTimeout  = 10 * time.Second

	deleteTries   = 3
	deleteTimeout = 5 * time.Second
	deleteWait    = 250 * time.Millisecond
)

// Objects are the bucket's objects. *bucket.Bucket is one.
type Objects interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
}

// Fetch reads the instance's assignment, and waits up to 5 minutes for it to be there. Whatever
// error comes meanwhile is one that may pass: S3 answers a missing object as a forbidden one.
func Fetch(ctx context.Context, objects Objects, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchBudget)
	defer cancel()
	for wait := firstWait; ; wait = min(wait*3/2, longestWait) {
		body, err := get(ctx, objects, key)
		if err == nil {
			return body, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, fmt.Errorf("read the assignment: %w; the last answer was: %w", context.Cause(ctx), err)
		}
	}
}

func get(ctx context.Context, objects Objects, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	return objects.Get(ctx, key)
}

// Delete deletes the assignment, so that nobody can read it a second time. It tries three times.
func Delete(ctx context.Context, objects Objects, key string) error {
	var err error
	for try := range deleteTries {
		if try > 0 {
			time.Sleep(deleteWait)
		}
		if err = remove(ctx, objects, key); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("delete the assignment: %w", err)
	}
	return nil
}

func remove(ctx context.Context, objects Objects, key string) error {
	ctx, cancel := context.WithTimeout(ctx, deleteTimeout)
	defer cancel()
	return objects.Delete(ctx, key)
}
