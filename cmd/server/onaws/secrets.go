package onaws

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// source has the live values of secrets. Implemented by secretsmanager.Source.
type source interface {
	Live(ctx context.Context, arn string) ([]secret.Text, error)
	Doubt(arn string)
}

// signing are the secrets that webhooks are signed with.
type signing struct {
	source source
	arn    string
}

// Live are the current secret and the one before it, if that is one: what a secret had before anybody
// set it up is none.
func (s signing) Live(ctx context.Context) ([]secret.Text, error) {
	values, err := s.source.Live(ctx, s.arn)
	if err != nil {
		return nil, err
	}
	if len(values) > 1 && webhook.Fit(values[1:]) != nil {
		values = values[:1]
	}
	return values, webhook.Fit(values)
}

func (s signing) Doubt() { s.source.Doubt(s.arn) }

// appsFor is how long a pass waits for the secret of the Apps.
const appsFor = 5 * time.Second

// apps is GitHub as the Apps that a secret holds now. While it holds none that can be used, those
// before it are.
type apps struct {
	*githubapp.Client
	source source
	arn    string
	log    *slog.Logger

	mu     sync.Mutex
	used   secret.Text // what the secret held when it was last read
	failed string      // what is wrong with it; empty if nothing is
}

// Apps reads the secret anew if it is time to. Every pass asks.
func (a *apps) Apps() []int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.refresh()
	if errors.Is(err, secretsmanager.ErrNotSetUp) && len(a.Client.Apps()) == 0 {
		err = nil // which is no news: the server says that it lacks one
	}
	if failed := text(err); failed != a.failed {
		a.failed = failed
		if err != nil {
			a.log.Warn("GitHub Apps not read; those known before are used", "secret", a.arn, "error", err)
		}
	}
	return a.Client.Apps()
}

func (a *apps) refresh() error {
	ctx, cancel := context.WithTimeout(context.Background(), appsFor)
	defer cancel()
	values, err := a.source.Live(ctx, a.arn)
	if err != nil {
		return err
	}
	if !a.used.Empty() && values[0].Equal(a.used) {
		return nil
	}
	read, err := githubapp.ParseApps(values[0])
	if err != nil {
		return err
	}
	if err := a.SetApps(read); err != nil {
		return err
	}
	a.used = values[0]
	a.log.Info("GitHub Apps read", "apps", a.Client.Apps())
	return nil
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
