package webhook

import (
	"context"
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Source has the secrets that GitHub signs webhooks with, where they may come, or change, while the
// stage is at work. It is asked at every webhook. Implemented by cmd/server/onaws, on Secrets Manager.
type Source interface {
	// Live are the current one and, while it is being rotated, the one before it. The error says why there are none.
	Live(ctx context.Context) ([]secret.Text, error)
	// Doubt is told that a signature fitted none of them: they may have been rotated.
	Doubt()
}

// Fit says what is wrong with webhook secrets, if anything: there is one, or two, none shorter than [MinSecretBytes].
func Fit(secrets []secret.Text) error {
	_, err := newVerifier(secrets)
	return err
}

// fixed are secrets that never change.
type fixed []secret.Text

func (f fixed) Live(context.Context) ([]secret.Text, error) { return f, nil }

func (fixed) Doubt() {}

// verifier is that of the secrets as they are now.
func (h *Handler) verifier(ctx context.Context) (verifier, error) {
	secrets, err := h.config.Source.Live(ctx)
	if err != nil {
		return verifier{}, fmt.Errorf("webhook secrets: %w", err)
	}
	return newVerifier(secrets)
}
