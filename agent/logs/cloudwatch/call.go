package cloudwatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	service   = "logs"
	api       = "Logs_20140328" // CloudWatch Logs' version of its API
	maxAnswer = 64 << 10        // bytes; an answer has a few hundred
)

// refusal is an error that CloudWatch Logs answered.
type refusal struct {
	status  string
	code    string // such as ResourceNotFoundException
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("CloudWatch Logs answered %s %s: %s", r.status, r.code, r.message)
}

// call makes one call of the API, which is AWS's JSON 1.1, and reads its answer. An answer that is an error
// is a *refusal.
// Source: docs.aws.amazon.com, CloudWatch Logs API Reference, "PutLogEvents", examples.
func (s *Stream) call(ctx context.Context, operation string, input, output any) error {
	request, err := s.request(ctx, operation, input)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return refused(response, body)
	}
	if output == nil {
		return nil
	}
	return json.Unmarshal(body, output)
}

func (s *Stream) request(ctx context.Context, operation string, input any) (*http.Request, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", api+"."+operation)
	credentials, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the role's credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	return request, v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), service, s.region, time.Now())
}

// refused is the error that an answer tells. Its code may have a name space before it.
func refused(response *http.Response, body []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &said) // what it cannot be read from is told by its status alone
	return &refusal{response.Status, said.Type[strings.LastIndexByte(said.Type, '#')+1:], said.Message}
}

// endpoint is CloudWatch Logs in a region.
// Source: docs.aws.amazon.com, AWS General Reference, "Amazon CloudWatch Logs endpoints and quotas".
func endpoint(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return "https://" + service + "." + region + "." + domain + "/"
}
