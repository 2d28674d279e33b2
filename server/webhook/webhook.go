// Package webhook is the first stage: it takes GitHub's webhooks, and only GitHub's, and answers
// once a job's event is durable. It does nothing slow, asks nobody, and never touches the record.
//
//	header → in flight? → body → signature → JSON → ours? → sense → Send → 202
//
// Every answer has an empty body: 202 taken, 200 nothing for us, 400 unusable, 401 not signed by
// GitHub, 413 and 415 not a payload at all, 503 come again. GitHub shows the status in the App's
// list of deliveries, so a failure is 5xx and never a quiet 2xx.
package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Path is where GitHub sends its webhooks.
const Path = "/webhooks/github"

// The defaults of [Config].
const (
	DefaultMaxBody     = 1 << 20 // bytes; a workflow_job event has tens of thousands
	DefaultMaxInFlight = 64
)

// GitHub waits 10 s for an answer. Source: docs.github.com, "Handling webhook deliveries".
const (
	readTime = 10 * time.Second
	sendTime = 5 * time.Second
)

// Config is what the stage has to know.
type Config struct {
	Secrets     []secret.Text // the current one; while it is being rotated, the previous one too
	Source      Source        // is asked instead, at every webhook; nil where Secrets never change
	Stack       string        // whose runners' names are ours
	Owners      []string      // whose jobs are taken, in any case of letters; none is everybody's
	MaxBody     int64         // bytes; 0 is [DefaultMaxBody]
	MaxInFlight int           // requests whose body is read or sent on; 0 is [DefaultMaxInFlight]
	Log         *slog.Logger  // one line a request; nil is slog's default
	Count       func(Outcome) // is told every request's outcome, one of [Outcomes]; nil counts nothing
}

// Handler answers webhooks.
type Handler struct {
	config   Config
	owners   map[string]bool // folded
	send     func(context.Context, runner.Event) error
	inFlight chan struct{}
}

// New is a handler that hands each event of a job of ours to send, which has to make it durable: as
// soon as send returns nil, GitHub is told that the event was taken. The error says which part of
// the config is wrong.
func New(config Config, send func(context.Context, runner.Event) error) (*Handler, error) {
	var err error
	if config.Source == nil {
		config.Source, err = fixed(config.Secrets), Fit(config.Secrets)
	}
	if config.Stack == "" {
		err = errors.Join(err, errors.New("webhook: stack is empty, give the stack's name"))
	}
	if config.MaxBody < 0 || config.MaxInFlight < 0 {
		err = errors.Join(err, fmt.Errorf("webhook: max body is %d and max in flight %d, neither may be below zero", config.MaxBody, config.MaxInFlight))
	}
	owners := map[string]bool{}
	for _, owner := range config.Owners {
		if !ownerName.MatchString(owner) {
			err = errors.Join(err, fmt.Errorf("AllowedOwners: %q is not the name of a user or an organisation, give one as in github.com/<name>", owner))
		}
		owners[folded(owner)] = true
	}
	if err != nil {
		return nil, err
	}
	if config.Count == nil {
		config.Count = func(Outcome) {}
	}
	config.MaxBody = cmp.Or(config.MaxBody, DefaultMaxBody)
	config.MaxInFlight = cmp.Or(config.MaxInFlight, DefaultMaxInFlight)
	config.Log = cmp.Or(config.Log, slog.Default())
	return &Handler{config: config, owners: owners, send: send, inFlight: make(chan struct{}, config.MaxInFlight)}, nil
}
