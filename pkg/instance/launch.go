package instance

import (
	"context"
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Launch makes one fleet call. What EC2 gave, and what it gave less of and why, is the result; an
// error is a *[runner.LaunchError], and then there are no instances, but for an unknown outcome.
//
// The call depends on the request and on the configuration alone, and on the image, which never
// changes: a repeat is the same to the letter, and launches nothing again.
func (f *Fleet) Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	template, err := f.launchable(request)
	if err != nil {
		return runner.LaunchResult{}, err
	}
	image, err := f.bootable(ctx, request.Shape)
	if err != nil {
		return runner.LaunchResult{}, err
	}
	output, err := call(ctx, f.api.CreateFleet, fleetInput(request, template, image), once)
	if err != nil {
		return runner.LaunchResult{}, launchError(err)
	}
	return launchResult(request, output), nil
}

// launchable is the template for a request, unless EC2 would launch what nobody asked for: without
// overrides it takes the template's own type and subnet.
func (f *Fleet) launchable(request runner.LaunchRequest) (Template, error) {
	bad := func(format string, values ...any) error {
		return &runner.LaunchError{Class: runner.BadRequest, Code: "InvalidParameterValue", Message: fmt.Sprintf(format, values...)}
	}
	template, found := f.config.Templates[request.Shape.Arch]
	switch {
	case !found:
		return template, bad("there is no launch template for %q: have one added to Templates", request.Shape.Arch)
	case request.Count < 1:
		return template, bad("count is %d, at least 1 is needed", request.Count)
	case request.ClientToken == "":
		return template, bad("the client token is empty: without one, a repeat would launch again")
	case request.Stack != f.config.Stack:
		return template, bad("the stack is %q, and this is %q", request.Stack, f.config.Stack)
	case len(request.Offerings) == 0:
		return template, bad("the request has no offering to launch")
	}
	for _, offering := range request.Offerings {
		if subnetIn(request.Shape, offering.Zone) == "" {
			return template, bad("there is no subnet in %s: have one added, or the zone left out", offering.Zone)
		}
	}
	return template, nil
}
