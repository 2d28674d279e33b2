package secretsmanager

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

type silent struct{}

func (silent) Do(*http.Request) (*http.Response, error) { return nil, errors.New("down") }

// Outside of a bubble, for inside there is no other clock.
func TestASecretIsReadAnewByTheWallClock(t *testing.T) {
	s := New(Config{
		AWS:    aws.Config{Region: "eu-west-1", Credentials: awstest.Credentials, HTTPClient: silent{}, RetryMaxAttempts: 1},
		Masker: secret.NewMasker(), Log: slog.New(slog.DiscardHandler),
	})
	if _, err := s.Live(t.Context(), "arn:secret"); err == nil {
		t.Fatal("it was read")
	}
	if at := s.of("arn:secret").readAt; at.IsZero() || strings.Contains(at.String(), " m=") {
		t.Errorf("it was read at %v, want a time without what a function's sleep falsifies", at)
	}
}
