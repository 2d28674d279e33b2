//go:build aws

package secretsmanager_test

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
)

func TestASecretIsReadThroughItsRotationsAndNothingElseIsCalled(t *testing.T) {
	config := awstest.Config(t)
	owner := api.NewFromConfig(config)
	var calls awstest.Calls
	read := func(arn string) (values []string, err error) {
		s := secretsmanager.New(secretsmanager.Config{AWS: calls.Counted(config), Log: slog.New(slog.DiscardHandler)})
		texts, err := s.Live(t.Context(), arn)
		for _, text := range texts {
			values = append(values, text.Reveal())
		}
		return values, err
	}

	name := awstest.Unique("webhook")
	if got, err := read(name); !errors.Is(err, secretsmanager.ErrNotSetUp) {
		t.Errorf("no such secret: got %v, %v, want ErrNotSetUp", got, err)
	}
	made, err := owner.CreateSecret(t.Context(), &api.CreateSecretInput{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(*made.ARN); !errors.Is(err, secretsmanager.ErrNotSetUp) {
		t.Errorf("a secret with no value: got %v, %v, want ErrNotSetUp", got, err)
	}
	for _, step := range []struct{ put, now, before string }{
		{"the first value", "the first value", ""},
		{"the second value", "the second value", "the first value"},
		{"the third value", "the third value", "the second value"},
	} {
		if _, err := owner.PutSecretValue(t.Context(), &api.PutSecretValueInput{SecretId: made.ARN, SecretString: aws.String(step.put)}); err != nil {
			t.Fatal(err)
		}
		got, err := read(*made.ARN)
		if err != nil || got[0] != step.now || len(got) == 2 && got[1] != step.before || len(got) != 1 && step.before == "" {
			t.Errorf("after %q: got %q, %v, want %q and %q", step.put, got, err, step.now, step.before)
		}
	}
	calls.Check(t, secretsmanager.Operations())
}
