package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// The labels of a secret's live versions.
// Source: docs.aws.amazon.com, AWS Secrets Manager User Guide, "What's in a Secrets Manager secret?".
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// read reads a secret's live values, the current one first.
func (s *Source) read(ctx context.Context, arn string) ([]secret.Text, error) {
	now, err := s.version(ctx, arn, current)
	if err != nil {
		return nil, err
	}
	before, err := s.version(ctx, arn, previous)
	if errors.Is(err, ErrNotSetUp) {
		return []secret.Text{now}, nil
	}
	if err != nil {
		return nil, err
	}
	return []secret.Text{now, before}, nil
}

// version reads one value, of which the masker is told. What is wrong with it is told without it.
func (s *Source) version(ctx context.Context, arn, label string) (secret.Text, error) {
	answer, err := s.api.GetSecretValue(ctx, &api.GetSecretValueInput{SecretId: &arn, VersionStage: &label})
	if absent := (*types.ResourceNotFoundException)(nil); errors.As(err, &absent) {
		return secret.Text{}, fmt.Errorf("%w (%s: %s)", ErrNotSetUp, label, absent.ErrorMessage())
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("read %s: %w", label, err)
	}
	value := secret.New(aws.ToString(answer.SecretString) + string(answer.SecretBinary))
	if value.Empty() {
		return secret.Text{}, fmt.Errorf("%w (%s is empty)", ErrNotSetUp, label)
	}
	if err := s.masker.Register(value, time.Time{}); err != nil {
		return secret.Text{}, fmt.Errorf("%s: %w", label, err)
	}
	return value, nil
}
