// Package secretsmanager reads the stack's secrets from AWS Secrets Manager: each GitHub App's key and
// the webhook secrets, by ARN. It is the only package that knows Secrets Manager's SDK.
//
// Secrets are rotated in place: the value before the current one stays live beside it, until the next
// rotation or until somebody takes the label AWSPREVIOUS off it. Nothing runs between calls: a value
// that is too old is read anew by whoever asks for it next.
package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// ErrNotSetUp says that a secret is not there, or has no value: nobody has set it up yet.
var ErrNotSetUp = errors.New("the secret is not set up yet")

const (
	// every is how old a value may get. A rotated secret's previous value is live too, so there is no haste;
	// 10,000 reads cost $0.05: aws.amazon.com/secrets-manager/pricing.
	every = 5 * time.Minute
	// again is the least time between two reads, however often a value is doubted or cannot be read.
	again = 10 * time.Second
	// perTry is how long Secrets Manager has for one answer.
	perTry = 2 * time.Second
	// refreshFor is how long a read may take whose value is known already: a webhook may wait for it.
	refreshFor = 3 * time.Second
)

// Config is what a source needs.
type Config struct {
	AWS    aws.Config
	Masker *secret.Masker // is told every value before anybody can read it; nil masks nothing
	Log    *slog.Logger
}

// Source has secrets. It is safe for concurrent use; make it with [New].
type Source struct {
	api    *api.Client
	masker *secret.Masker
	log    *slog.Logger

	mu    sync.Mutex
	known map[string]*known // by ARN
}

// known is what is known of one secret.
type known struct {
	reading sync.Mutex // held by whoever reads it

	mu      sync.Mutex // guards the rest
	values  []secret.Text
	err     error     // why there are none
	readAt  time.Time // when it was last read, or that was tried
	doubted bool
}

// New is a source that has read nothing yet. No call is made.
func New(config Config) *Source {
	if config.AWS.HTTPClient == nil {
		config.AWS.HTTPClient = awshttp.NewBuildableClient().WithTimeout(perTry)
	}
	return &Source{api: api.NewFromConfig(config.AWS), masker: config.Masker, log: config.Log, known: map[string]*known{}}
}

// Operations are the operations of AWS that a source calls.
func Operations() []string { return []string{"secretsmanager:GetSecretValue"} }

// Live are a secret's live values: the current one and, after a rotation, the one before it. A value
// is at most five minutes old, an error ten seconds. While it cannot be read the last ones are good, and
// the log says so; if there are none yet, that is the error. [ErrNotSetUp] is wrapped.
func (s *Source) Live(ctx context.Context, arn string) ([]secret.Text, error) {
	k := s.of(arn)
	values, fresh, err := k.look()
	if fresh {
		return values, err
	}
	if len(values) > 0 {
		if !k.reading.TryLock() {
			return values, nil // somebody else reads it
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, refreshFor)
		defer cancel()
	} else {
		k.reading.Lock()
	}
	defer k.reading.Unlock()
	if values, fresh, err = k.look(); fresh {
		return values, err
	}
	return s.refresh(ctx, arn, k)
}

// Doubt says that a secret's values seem to be wrong, as when a signature by neither of them came: they
// may have been rotated. They are read anew when they are next asked for, every ten seconds at most.
func (s *Source) Doubt(arn string) {
	k := s.of(arn)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doubted = true
}

func (s *Source) refresh(ctx context.Context, arn string, k *known) ([]secret.Text, error) {
	values, err := s.read(ctx, arn)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil && ctx.Err() != nil && len(k.values) == 0 {
		return nil, fmt.Errorf("secret %s: %w", arn, err) // who asked has left, which is nobody else's error
	}
	k.readAt, k.doubted = time.Now().Round(0), false // by the wall clock: the other one may stand still between a function's invocations
	switch {
	case err == nil:
		k.values, k.err = values, nil
	case errors.Is(err, ErrNotSetUp) || len(k.values) == 0:
		k.values, k.err = nil, fmt.Errorf("secret %s: %w", arn, err)
	default:
		k.doubted = true
		s.log.Warn("secret not read anew; the last value is used", "secret", arn, "error", err)
	}
	return k.values, k.err
}

func (s *Source) of(arn string) *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[arn] == nil {
		s.known[arn] = &known{}
	}
	return s.known[arn]
}

// look gives what is known, and says whether it need not be read anew now.
func (k *known) look() (values []secret.Text, fresh bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := time.Since(k.readAt)
	return k.values, age < again || age < every && k.err == nil && !k.doubted, k.err
}
