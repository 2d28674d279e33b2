// Package awstest is what the tests against moto share: moto's server speaks AWS's wire, as far as its
// authors knew it. `make test-aws` starts one, and runs the tests that have the build tag aws.
package awstest

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// Endpoint is the environment's variable that says where moto listens, as http://127.0.0.1:5000.
const Endpoint = "MAYFLY_TEST_AWS_ENDPOINT"

// Config is what an SDK's client needs to speak to moto. Without [Endpoint] the test fails: one that
// was skipped proves nothing.
func Config(t *testing.T) aws.Config {
	t.Helper()
	endpoint := os.Getenv(Endpoint)
	if endpoint == "" {
		t.Fatalf("%s is empty: run these tests by make test-aws, or start moto_server and say where it listens", Endpoint)
	}
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: Credentials}
}

// Credentials are good for a stand-in.
var Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
})

// Unique is a name that nobody else has, for everybody shares one moto.
func Unique(prefix string) string { return prefix + "-" + strings.ToLower(rand.Text()) }

// InTurn is a client that sends one request at a time: moto serves each in a thread of its own and locks
// nothing, so that of two conditional writes at once both may pass. DynamoDB serialises them.
type InTurn struct{ turn sync.Mutex }

// Do sends a request when it is its turn.
func (c *InTurn) Do(request *http.Request) (*http.Response, error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	return http.DefaultTransport.RoundTrip(request)
}

// Calls counts the operations that clients call, as "dynamodb:Query".
type Calls struct {
	mu     sync.Mutex
	counts map[string]int
}

// Counted is a config whose clients' calls are counted. A call that is tried again is one.
func (c *Calls) Counted(config aws.Config) aws.Config {
	config = config.Copy()
	config.APIOptions = append(slices.Clone(config.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CountCalls", c.count), middleware.After)
	})
	return config
}

func (c *Calls) count(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	service := strings.ToLower(strings.ReplaceAll(awsmiddleware.GetServiceID(ctx), " ", ""))
	c.Count(service + ":" + awsmiddleware.GetOperationName(ctx))
	return next.HandleInitialize(ctx, in)
}

// Count counts a call of an operation.
func (c *Calls) Count(operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[operation]++
}

// Of is how often an operation was called.
func (c *Calls) Of(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[operation]
}

// Check fails the test unless just these operations were called.
func (c *Calls) Check(t *testing.T, operations []string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for operation, times := range c.counts {
		if !slices.Contains(operations, operation) {
			t.Errorf("%s was called %d times, and is not among the operations %v", operation, times, operations)
		}
	}
	for _, operation := range operations {
		if c.counts[operation] == 0 {
			t.Errorf("%s is among the operations, and was never called", operation)
		}
	}
}
