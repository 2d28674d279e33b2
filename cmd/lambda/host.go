package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/lambda/function"
	"github.com/mayfly-ci/mayfly/cmd/server/onaws"
	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue/sqs"
)

// host makes what events ask for, when the first of their kind comes: what is wrong with the server's
// settings, or with the server, does not concern the watchdog.
type host struct {
	environment []string
	log         *slog.Logger
	masker      *secret.Masker

	mu     sync.Mutex
	server *server.Server
	worker *function.Worker
}

func (h *host) function() *function.Function {
	return &function.Function{
		Web: func(ctx context.Context) (http.Handler, error) {
			s, _, err := h.made(ctx)
			if err != nil {
				return nil, err
			}
			return s.Handler(), nil
		},
		Worker: func(ctx context.Context) (*function.Worker, error) {
			_, worker, err := h.made(ctx)
			return worker, err
		},
		Schedule: []function.Task{{Name: "tick", Do: h.tick}, {Name: "watchdog", Do: h.watch}},
		Log:      h.log,
	}
}

// made is the server, and the worker that makes its passes.
func (h *host) made(ctx context.Context) (*server.Server, *function.Worker, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		return h.server, h.worker, nil
	}
	told, err := settings.Read(h.environment)
	if err != nil {
		return nil, nil, err
	}
	var inbox *function.Inbox
	front := func(queue *sqs.Queue) server.Queue {
		inbox = function.NewInbox(queue)
		return inbox
	}
	s, err := onaws.New(ctx, told, front, h.log, h.masker)
	if err != nil {
		return nil, nil, err
	}
	h.server, h.worker = s, &function.Worker{Pass: s.Pass, Inbox: inbox, Log: h.log}
	return h.server, h.worker, nil
}

// tick has a pass made: by the container, if there is one.
func (h *host) tick(ctx context.Context) error {
	told, err := settings.ReadTick(h.environment)
	if err != nil {
		return err
	}
	if told.URL != "" {
		_ = h.masker.Register(told.Token, time.Time{}) // one that is too short for it is refused above
		return function.Container{URL: told.URL, Token: told.Token}.Tick(ctx)
	}
	_, worker, err := h.made(ctx)
	if err != nil {
		return err
	}
	return worker.Tick(ctx)
}

// watch has the watchdog look.
func (h *host) watch(ctx context.Context) error {
	told, err := settings.ReadTick(h.environment)
	if err != nil {
		return err
	}
	account, err := onaws.Account(ctx, told.Region, "")
	if err != nil {
		return err
	}
	guard, err := instance.NewGuard(account, told.Stack)
	if err != nil {
		return err
	}
	return function.Watchdog{Instances: guard, MaxRuntime: told.MaxRuntime, Log: h.log}.Watch(ctx)
}
