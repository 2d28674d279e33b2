package launch

import (
	"context"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Call makes every launch that is due, as long as the deadline has not come: the call that begins is
// stored, then made, then its answer is stored. An error is the store's; what EC2 answers is never one.
func (s *Stage) Call(ctx context.Context, snapshot *runner.Snapshot, store Store, deadline time.Time) error {
	for _, launch := range Due(*snapshot) {
		if !time.Now().Before(deadline) {
			return nil
		}
		launch.Calls++
		if err := store(ctx, launch); err != nil {
			return err
		}
		result, err := s.call(ctx, launch.Request)
		s.log(launch, result, err)
		if err := store(ctx, Settle(*snapshot, launch, result, err, s.backoff(launch.Calls-1))...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) call(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return s.Fleet.Launch(ctx, request)
}

func (s *Stage) log(launch runner.Launch, result runner.LaunchResult, err error) {
	log := s.Log.With("launch", launch.ID, "shape", launch.Request.Shape.Name, "wanted", launch.Request.Count)
	if err != nil {
		log.Warn("fleet call failed", "calls", launch.Calls, "error", err)
		return
	}
	log.Info("fleet call answered", "fleet", result.Fleet, "given", len(result.Instances))
	for _, problem := range result.Errors {
		log.Warn("fleet gave less", "code", problem.Code, "offering", problem.Offering.String(), "error", problem.Message)
	}
}
