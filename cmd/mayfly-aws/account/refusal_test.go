package account_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

func refusal(code string) error {
	return &smithy.OperationError{ServiceID: "CloudFormation", OperationName: "CreateChangeSet", Err: &smithy.GenericAPIError{Code: code, Message: "no"}}
}

func unreached() error {
	return &url.Error{Op: "Post", URL: "https://x", Err: &net.OpError{Op: "dial", Err: errors.New("no route")}}
}

func TestAnErrorOfAWSIsToldWithWhatToDo(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{refusal("ExpiredTokenException"), "AWS credentials: they have expired: log in again"},
		{refusal("RequestExpired"), "AWS credentials: they have expired: log in again"},
		{refusal("SignatureDoesNotMatch"), "AWS does not take them (SignatureDoesNotMatch)"},
		{refusal("AccessDenied"), "AWS refuses CloudFormation's CreateChangeSet to these credentials"},
		{&smithy.GenericAPIError{Code: "UnauthorizedOperation"}, "AWS refuses the call to these credentials"},
		{refusal("LimitExceededException"), "LimitExceededException: no"},
		{fmt.Errorf("describe: %w", unreached()), "AWS was not reached: see to the network"},
		{fmt.Errorf("wait: %w", context.Canceled), "wait: context canceled"},
		{errors.New("else"), "else"},
	} {
		if got := account.Told(test.err); !strings.Contains(got.Error(), test.want) {
			t.Errorf("%v: got %q, want %q in it", test.err, got, test.want)
		}
	}
	if err := account.Told(nil); err != nil {
		t.Errorf("nothing: got %v", err)
	}
}

func TestANoteIsBrief(t *testing.T) {
	answer := &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadGateway}}, Err: errors.New("deserialization failed"),
	}}
	for want, err := range map[string]error{
		"AccessDenied: no": refusal("AccessDenied"),
		"the answer was HTTP 502, and no more to be understood": answer,
		"dial: no route": unreached(),
		"else":           errors.New("else"),
	} {
		if got := account.Brief(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestThePartitionIsTheCallers(t *testing.T) {
	for caller, want := range map[string]string{"arn:aws-us-gov:iam::123456789012:user/me": "aws-us-gov", "arn:aws:sts::1:assumed-role/a/b": "aws", "": "aws"} {
		if got := (account.Account{Caller: caller}).Partition(); got != want {
			t.Errorf("%q: got %q, want %q", caller, got, want)
		}
	}
}
