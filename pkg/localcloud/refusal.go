package localcloud

import (
	"fmt"
	"io"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// EC2's codes for a call that it has not done.
// Source: docs.aws.amazon.com, EC2 API Reference, "Error codes".
const (
	throttledCode   = "RequestLimitExceeded"
	unavailableCode = "Unavailable"
)

// refusals are the messages with these codes.
var refusals = map[string]string{
	throttledCode:   "Request limit exceeded.",
	unavailableCode: "The server is overloaded and can't handle the request.",
}

// errAnswerLost is a connection that breaks while the answer is awaited.
var errAnswerLost = fmt.Errorf("read the answer: %w", io.ErrUnexpectedEOF)

// refused is the error of a call that EC2 has not done.
func refused(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: refusals[code], Fault: smithy.FaultServer}
}

func notFound(ids []string) error {
	return apiError("InvalidInstanceID.NotFound", fmt.Sprintf("the instance IDs '%s' do not exist", strings.Join(ids, ", ")))
}

func apiError(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

func noCapacity(offering runner.Offering) runner.LaunchError {
	return runner.LaunchError{
		Class: runner.NoCapacity, Code: "InsufficientInstanceCapacity", Offering: offering,
		Message: fmt.Sprintf("there is no capacity for %s", offering),
	}
}

// overQuota is what EC2 says of an account that may have no more. The quotas of spot and on-demand
// instances are two.
func overQuota(offering runner.Offering) runner.LaunchError {
	code := "VcpuLimitExceeded"
	if offering.Capacity == runner.Spot {
		code = "MaxSpotInstanceCountExceeded"
	}
	return runner.LaunchError{
		Class: runner.Quota, Code: code, Offering: offering,
		Message: fmt.Sprintf("the account's limit of %s instances is reached", offering.Capacity),
	}
}

func launchError(class runner.LaunchErrorClass, code, message string) error {
	return &runner.LaunchError{Class: class, Code: code, Message: message}
}

// refusedLaunch is the error of a call that EC2 has not done. Of an overload the caller cannot be
// sure.
func refusedLaunch(code string) error {
	class := runner.UnknownOutcome
	if code == throttledCode {
		class = runner.Throttled
	}
	return launchError(class, code, refusals[code])
}
