package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

var errExpired = errors.New("AWS credentials: they have expired: log in again, as by `aws sso login`, and run the same command once more")

// Codes by which AWS's services refuse whoever asks. Each service has its own spelling.
// Source: docs.aws.amazon.com, "Common Errors" of CloudFormation, S3, EC2 and STS.
var (
	expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
	unknown = []string{
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthFailure", "InvalidSignatureException",
	}
	denied = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled", "Forbidden"}
)

// Told puts an error of AWS into one sentence that says what to do. What it does not know it leaves as it is.
func Told(err error) error {
	var refusal smithy.APIError
	var network net.Error
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &refusal):
		return told(err, refusal)
	case errors.As(err, &network):
		return fmt.Errorf("AWS was not reached: see to the network and the proxy variables, and whether the region exists: %w", err)
	}
	return err
}

func told(err error, refusal smithy.APIError) error {
	switch code := refusal.ErrorCode(); {
	case slices.Contains(expired, code):
		return errExpired
	case slices.Contains(unknown, code):
		return fmt.Errorf("AWS credentials: AWS does not take them (%s): see that the key, its secret and AWS_PROFILE belong together", code)
	case Denied(err):
		return fmt.Errorf("AWS refuses %s to these credentials: have an administrator allow it, or use a role that may: %s", operation(err), refusal.ErrorMessage())
	}
	return err
}

// Brief is what is wrong, for a note: without what the SDK says around it.
func Brief(err error) string {
	var refusal smithy.APIError
	var answer *awshttp.ResponseError
	var request *url.Error
	switch {
	case errors.As(err, &refusal):
		return refusal.ErrorCode() + ": " + refusal.ErrorMessage()
	case errors.As(err, &answer):
		return fmt.Sprintf("the answer was HTTP %d, and no more to be understood", answer.HTTPStatusCode())
	case errors.As(err, &request):
		return request.Err.Error()
	}
	return err.Error()
}

// Denied says whether AWS refused a call because whoever asked may not.
func Denied(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && slices.Contains(denied, refusal.ErrorCode())
}

// operation is what was asked for, as cloudformation:CreateChangeSet.
func operation(err error) string {
	var asked *smithy.OperationError
	if errors.As(err, &asked) {
		return asked.Service() + "'s " + asked.Operation()
	}
	return "the call"
}
