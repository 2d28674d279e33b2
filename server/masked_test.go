package server_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

func TestWebhookSecretsAreMaskedOnceThereIsAServer(t *testing.T) {
	const current, previous = "the-current-webhook-secret-0123456789", "the-previous-webhook-secret-012345678"
	masker := secret.NewMasker()
	story(t, func(*testing.T, *world) {}, config(func(c *server.Config) {
		c.Masker = masker
		c.WebhookSecrets = []secret.Text{secret.New(current), secret.New(previous)}
	}))
	if got, want := masker.MaskString(current+" and "+previous), "*** and ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
