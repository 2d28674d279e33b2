package launch

import (
	"context"
	"sync"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// atOnce is how many fleet calls are made side by side: one for each shape, and few have more shapes.
const atOnce = 16

// Call makes every launch that is due, until the time is over: the calls that begin
// are stored, then made side by side, then each answer is stored. An error is the store's; what EC2
// answers is never one.
func (s *Stage) Call(ctx context.Context, snapshot *runner.Snapshot, store Store, until runner.Until) error {
	for due := Due(*snapshot); len(due) > 0 && !until.Over(); due = Due(*snapshot) {
		batch := due[:min(len(due), atOnce)]
		begun := make([]runner.Item, len(batch))
		for i := range batch {
			batch[i].Calls++
			begun[i] = batch[i]
		}
		if err := store(ctx, begun...); err != nil {
			return err
		}
		for i, answered := range s.callAll(ctx, batch) {
			s.log(batch[i], answered)
			wait := s.backoff(batch[i].Calls - 1)
			items := Settle(*snapshot, batch[i], answered.result, answered.err, wait, s.NoCapacity)
			if s.awaited(batch[i], answered, snapshot.Now) {
				items = LookAgain(*snapshot, batch[i], wait)
			}
			if err := store(ctx, items...); err != nil {
				return err
			}
		}
	}
	return nil
}

// reply is EC2's answer to one call.
type reply struct {
	result runner.LaunchResult
	err    error
}

func (s *Stage) callAll(ctx context.Context, launches []runner.Launch) []reply {
	replies := make([]reply, len(launches))
	var group sync.WaitGroup
	for i, launch := range launches {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, Timeout)
			defer cancel()
			replies[i].result, replies[i].err = s.Fleet.Launch(ctx, launch.Request)
			if launch.Calls > 1 && made(replies[i].err) {
				replies[i].err = s.adopt(ctx, launch, &replies[i].result)
			}
		})
	}
	group.Wait()
	return replies
}

func (s *Stage) log(launch runner.Launch, answered reply) {
	log := s.Log.With("launch", launch.ID, "shape", launch.Request.Shape.Name, "wanted", launch.Request.Count)
	if answered.err != nil {
		log.Warn("fleet call failed", "calls", launch.Calls, "error", answered.err)
		return
	}
	log.Info("fleet call answered", "fleet", answered.result.Fleet, "given", len(answered.result.Instances))
	for _, problem := range answered.result.Errors {
		log.Warn("fleet gave less", "code", problem.Code, "offering", problem.Offering.String(), "error", problem.Message)
	}
}
