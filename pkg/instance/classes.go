package instance

import (
	"context"
	"errors"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// classes is what EC2's codes ask us to do, whether a call was refused or one pool of a fleet was.
// Sources: docs.aws.amazon.com, EC2 API Reference, "Error codes"; karpenter-provider-aws, pkg/errors, for
// what is no capacity of a pool; aws-parallelcluster-node, pull request 734, for throttling as the error
// of a pool.
var classes = map[string]runner.LaunchErrorClass{
	"InsufficientCapacity":                 runner.NoCapacity,
	"InsufficientFreeAddressesInSubnet":    runner.NoCapacity, // and so of its zone
	"InsufficientHostCapacity":             runner.NoCapacity,
	"InsufficientInstanceCapacity":         runner.NoCapacity,
	"InsufficientReservedInstanceCapacity": runner.NoCapacity,
	"InsufficientVolumeCapacity":           runner.NoCapacity,
	"ReservationCapacityExceeded":          runner.NoCapacity,
	"SpotMaxPriceTooLow":                   runner.NoCapacity,
	"UnfulfillableCapacity":                runner.NoCapacity,
	"Unsupported":                          runner.NoCapacity, // the zone does not have the type
	"VolumeTypeNotAvailableInZone":         runner.NoCapacity,

	"InstanceLimitExceeded":         runner.Quota,
	"MaxFleetCountExceeded":         runner.Quota,
	"MaxIOPSLimitExceeded":          runner.Quota,
	"MaxSpotInstanceCountExceeded":  runner.Quota,
	"NetworkInterfaceLimitExceeded": runner.Quota,
	"VcpuLimitExceeded":             runner.Quota,
	"VolumeLimitExceeded":           runner.Quota,

	"EC2ThrottledException": runner.Throttled,
	"RequestLimitExceeded":  runner.Throttled,
	"Throttling":            runner.Throttled,
	"ThrottlingException":   runner.Throttled,

	"AccessDenied":          runner.Denied,
	"AccessDeniedException": runner.Denied,
	"AuthFailure":           runner.Denied,
	"AuthFailure.ServiceLinkedRoleCreationNotPermitted": runner.Denied,
	"Blocked":               runner.Denied,
	"ExpiredToken":          runner.Denied,
	"InvalidClientTokenId":  runner.Denied, // it is of the credentials, not of the launch
	"OptInRequired":         runner.Denied,
	"PendingVerification":   runner.Denied,
	"RequestExpired":        runner.Denied,
	"SignatureDoesNotMatch": runner.Denied,
	"UnauthorizedOperation": runner.Denied,

	"InternalError":      runner.UnknownOutcome,
	"InternalFailure":    runner.UnknownOutcome,
	"RequestTimeout":     runner.UnknownOutcome,
	"ServiceUnavailable": runner.UnknownOutcome,
	"Unavailable":        runner.UnknownOutcome,
}

// classInFleet is the class of one pool's error. What is not known is taken for no capacity: it costs
// an attempt, and moves on, and so comes to an end.
func classInFleet(code string) runner.LaunchErrorClass {
	class, known := classes[code]
	switch {
	case known:
		return class
	case strings.HasPrefix(code, "Invalid"):
		return runner.BadRequest
	}
	return runner.NoCapacity
}

// launchError is the error of a whole call. Without an answer that can be read, perhaps it did launch.
func launchError(err error) *runner.LaunchError {
	told := &runner.LaunchError{Class: runner.UnknownOutcome, Code: "RequestError", Message: err.Error()}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		told.Code = "RequestCanceled"
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return told
	}
	told.Code, told.Message = api.ErrorCode(), api.ErrorMessage()
	var answer *awshttp.ResponseError
	class, known := classes[told.Code]
	switch {
	case known:
		told.Class = class
	case errors.As(err, &answer) && answer.HTTPStatusCode() < http.StatusInternalServerError:
		told.Class = runner.BadRequest
	}
	return told
}
