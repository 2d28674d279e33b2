package localcloud

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// fleet is what a client token remembers.
type fleet struct {
	id      string
	request runner.LaunchRequest
}

// Launch is EC2's CreateFleet of type instant. It gives the instances that there is room for, and
// one error for each offering that had none left when it was asked.
//
// A repeat with the same client token launches nothing: it answers the fleet's id and no instances,
// for AWS does not promise to tell them again. An error is always a *[runner.LaunchError].
func (c *Cloud) Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	trouble, refusal := c.begin(Call{Operation: CreateFleet, Launch: &request})
	if refusal != "" {
		return runner.LaunchResult{}, refusedLaunch(refusal)
	}
	c.wait(ctx, vary(c.randomOf(request), c.config.Delays.Launch))
	if ctx.Err() != nil {
		return runner.LaunchResult{}, launchError(runner.UnknownOutcome, "RequestCanceled", ctx.Err().Error())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	result, err := c.launch(request, trouble)
	if trouble.Kind == AnswerLost {
		c.fault(AnswerLost)
		return runner.LaunchResult{}, launchError(runner.UnknownOutcome, "RequestError", errAnswerLost.Error())
	}
	return result, err
}

// launch is Launch, once the request has got there. The lock is held.
func (c *Cloud) launch(request runner.LaunchRequest, trouble Trouble) (runner.LaunchResult, error) {
	if err := c.check(request); err != nil {
		return runner.LaunchResult{}, err
	}
	if known, repeated := c.fleets[request.ClientToken]; repeated {
		return repeat(known, request)
	}
	if !c.take(RunInstances, request.Count) {
		return runner.LaunchResult{}, refusedLaunch(throttledCode)
	}
	if trouble.fewer(request.Count) {
		return c.createSome(request, trouble)
	}
	return c.create(request, request.Count), nil
}

// createSome makes a fleet of fewer instances than there may be room for.
func (c *Cloud) createSome(request runner.LaunchRequest, trouble Trouble) (runner.LaunchResult, error) {
	c.fault(trouble.Kind)
	missing := noCapacity(request.Offerings[0])
	if trouble.Kind == Quota {
		missing = overQuota(request.Offerings[0])
		if trouble.Granted == 0 {
			return runner.LaunchResult{}, &missing
		}
	}
	result := c.create(request, trouble.Granted)
	result.Errors = append(result.Errors, missing)
	return result, nil
}

// check is what EC2 and IAM look at before anything else. The lock is held.
func (c *Cloud) check(request runner.LaunchRequest) error {
	switch {
	case c.closed:
		return launchError(runner.UnknownOutcome, "ServiceUnavailable", "the cloud is closed")
	case request.Stack == "":
		return launchError(runner.Denied, "UnauthorizedOperation", "a launch needs the tag "+runner.TagStack)
	case request.Count < 1:
		return launchError(runner.BadRequest, "InvalidParameterValue", fmt.Sprintf("count is %d, at least 1 is needed", request.Count))
	case request.ClientToken == "" || len(request.ClientToken) > 64:
		return launchError(runner.BadRequest, "InvalidParameterValue", fmt.Sprintf("client token %q is not 1 to 64 characters", request.ClientToken))
	case len(request.Offerings) == 0:
		return launchError(runner.BadRequest, "InvalidParameterValue", "the request has no offering to launch")
	}
	for _, offering := range request.Offerings {
		if slices.Contains(c.config.Zones, offering.Zone) {
			continue
		}
		at := slices.IndexFunc(request.Shape.Subnets, func(s runner.Subnet) bool { return s.Zone == offering.Zone })
		if at < 0 {
			return launchError(runner.BadRequest, "InvalidParameterValue", fmt.Sprintf("there is no subnet in %s", offering.Zone))
		}
		return launchError(runner.BadRequest, "InvalidSubnetID.NotFound", fmt.Sprintf("The subnet ID '%s' does not exist", request.Shape.Subnets[at].ID))
	}
	return nil
}

func repeat(known fleet, request runner.LaunchRequest) (runner.LaunchResult, error) {
	if !reflect.DeepEqual(known.request, request) {
		return runner.LaunchResult{}, launchError(runner.BadRequest, runner.RepeatDiffers, "the client token was used for another request")
	}
	return runner.LaunchResult{Fleet: known.id}, nil
}

// create makes the fleet and starts so many of its instances. The lock is held.
func (c *Cloud) create(request runner.LaunchRequest, count int) runner.LaunchResult {
	random := c.randomOf(request)
	result := runner.LaunchResult{Fleet: "fleet-" + uuid(random)}
	c.fleets[request.ClientToken] = fleet{id: result.Fleet, request: request}
	placed, refused := c.pools.place(request.Offerings, count)
	for _, offering := range placed {
		own := rand.New(rand.NewPCG(random.Uint64(), random.Uint64()))
		result.Instances = append(result.Instances, c.start(request, offering, own).Instance)
	}
	for _, offering := range refused {
		result.Errors = append(result.Errors, noCapacity(offering))
	}
	c.log.Info("fleet created", "fleet", result.Fleet, "launch", request.Launch, "instances", len(placed), "refused", len(refused))
	return result
}

// randomOf is a launch's randomness: launches are called side by side, and yet the same seed is to be
// the same story.
func (c *Cloud) randomOf(request runner.LaunchRequest) *rand.Rand {
	return rand.New(rand.NewPCG(c.config.Seed, digest(request.ClientToken)))
}
