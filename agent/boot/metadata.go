// Package boot finds out what instance this is and what it is to do.
package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const (
	requestTimeout = 2 * time.Second // of one request, body included
	requestTries   = 3
	maxBody        = 64 << 10 // bytes; an instance's user data is at most 16 KiB
)

// The shapes of EC2's ids and of AWS's region names. They become part of keys and host names.
var (
	instanceShape = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)
	regionShape   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d+$`)
)

// Instance is who this machine is.
type Instance struct {
	ID         string
	Region     string
	LaunchedAt time.Time // EC2's pendingTime
}

// Metadata is EC2's instance metadata: version 2 only, asked directly, never through a redirect.
type Metadata struct {
	client      *imds.Client
	credentials *aws.CredentialsCache
}

// NewMetadata is the metadata at an endpoint. No request is made.
func NewMetadata(endpoint Endpoint, transport http.RoundTripper) *Metadata {
	client := imds.New(imds.Options{
		Endpoint:          endpoint.URL,
		ClientEnableState: imds.ClientEnabled,
		EnableFallback:    aws.FalseTernary,
		// Each request has its own time. The SDK's 5 s for all tries would leave none for the third.
		DisableDefaultTimeout: true,
		Retryer:               retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = requestTries }),
		HTTPClient: &http.Client{
			Transport:     capped{transport},
			Timeout:       requestTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	provider := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client })
	return &Metadata{client: client, credentials: aws.NewCredentialsCache(provider)}
}

// Credentials are those of the instance's role, read when they are first needed.
func (m *Metadata) Credentials() aws.CredentialsProvider { return m.credentials }

// Identify reads who this machine is.
func (m *Metadata) Identify(ctx context.Context) (Instance, error) {
	document, err := m.client.GetInstanceIdentityDocument(ctx, nil)
	if err != nil {
		return Instance{}, fmt.Errorf("read the identity document: %w", err)
	}
	switch {
	case !instanceShape.MatchString(document.InstanceID):
		return Instance{}, fmt.Errorf("identity document: instanceId is %q, want i- and 8 or 17 hex digits", document.InstanceID)
	case !regionShape.MatchString(document.Region):
		return Instance{}, fmt.Errorf("identity document: region is %q, want one such as eu-west-1", document.Region)
	case document.PendingTime.IsZero():
		return Instance{}, errors.New("identity document: pendingTime is missing, want when EC2 launched the instance")
	}
	return Instance{ID: document.InstanceID, Region: document.Region, LaunchedAt: document.PendingTime}, nil
}

// UserData reads the instance's user data and, at the same time, its credentials: whoever reads the
// user data needs them next. Credentials that cannot be read are no error here. A role may reach
// its instance a moment after the boot, and they are asked for again when they are used.
func (m *Metadata) UserData(ctx context.Context) (assignment.UserData, error) {
	warmed := make(chan struct{})
	go func() {
		defer close(warmed)
		_, _ = m.credentials.Retrieve(ctx)
	}()
	defer func() { <-warmed }()
	answer, err := m.client.GetUserData(ctx, nil)
	if err != nil {
		return assignment.UserData{}, fmt.Errorf("read the user data: %w", err)
	}
	body, err := io.ReadAll(answer.Content)
	if err != nil {
		return assignment.UserData{}, fmt.Errorf("read the user data: %w", err)
	}
	return assignment.DecodeUserData(body)
}

// capped refuses bodies that are longer than maxBody.
type capped struct{ transport http.RoundTripper }

func (c capped) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.transport.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxBody)
	}
	return response, err
}
