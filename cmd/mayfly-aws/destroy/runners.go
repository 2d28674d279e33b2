package destroy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// perCall is how many instances one call ends.
	perCall = 1000
	// runnersFor is how long runners have to be gone once they were told to end: EC2 takes up to some minutes.
	runnersFor = 10 * time.Minute
)

// endRunners ends all instances with the stack's tag, and waits until they are gone: those that are ending hold on to the
// security group and the subnets, which could not be deleted.
func (w *wrecker) endRunners(ctx context.Context) error {
	told := 0
	for until := time.Now().Add(runnersFor); ; {
		alive, err := w.endOnce(ctx)
		switch {
		case err != nil:
			return err
		case len(alive) == 0:
			return nil
		case time.Now().After(until):
			return fmt.Errorf("%d runners still live after %s, as %s: end them in EC2's console, and run the same command once more", len(alive), runnersFor, alive[0])
		}
		if len(alive) > told {
			told = len(alive)
			w.Console.Say("end %d runners", told)
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

// keepEnding ends what the server launches while the stack is deleted around it, until nobody wants it any more: jobs
// still wait, and it does what it is there for. What fails here is tried again when the stack is gone.
func (w *wrecker) keepEnding(ctx context.Context) {
	for wait(ctx) == nil {
		_, _ = w.endOnce(ctx)
	}
}

// endOnce tells all instances that are not gone yet to end.
func (w *wrecker) endOnce(ctx context.Context) (alive []string, err error) {
	seen, err := w.guard.Describe(ctx, runner.Query{})
	if err != nil {
		return nil, err
	}
	for _, one := range seen {
		if one.State != "terminated" {
			alive = append(alive, one.Instance.ID)
		}
	}
	for ids := range slices.Chunk(alive, perCall) {
		if err := w.guard.Terminate(ctx, ids); err != nil {
			return nil, err
		}
	}
	return alive, nil
}

func wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(stack.Every):
		return nil
	}
}
