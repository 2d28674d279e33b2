package server

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const readyPath = "/readyz"

// lack is a part of a server that is not ready, and what strangers may know of it.
type lack struct{ part, told string }

var (
	lackPass   = lack{"pass", "none has been made yet"}
	lackRecord = lack{"record", "it cannot be read or written"}
	lackQueue  = lack{"queue", "it cannot be read"}
	lackApp    = lack{"github_app", "none is set up"}
	lackSecret = lack{"webhook_secret", "none is set up, or none can be read"}
	lackStock  = lack{"ec2", "images, subnets and instance types cannot be read; those known before are used"}
)

// What a failed pass failed at.
var (
	errRecord = errors.New("record")
	errQueue  = errors.New("queue")
)

// health is what a server lacks, as far as its passes found out. Whoever asks causes no call.
type health struct {
	mu    sync.Mutex
	lacks map[string]string // by part
}

// learn notes whether something lacks. The log is told of a change, and why.
func (h *health) learn(log *slog.Logger, l lack, lacks bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, lacked := h.lacks[l.part]; lacked == lacks {
		return
	}
	if !lacks {
		delete(h.lacks, l.part)
		log.Info("ready again", "part", l.part)
		return
	}
	h.lacks[l.part] = l.told
	log.Warn("not ready", "part", l.part, "lack", l.told, "error", err)
}

// made notes what a pass showed. That another process has the lease is no lack.
func (s *Server) made(err error) {
	log, fenced := s.config.Log, errors.Is(err, runner.ErrFenced) || errors.Is(err, runner.ErrLeaseTaken)
	s.health.learn(log, lackRecord, errors.Is(err, errRecord) && !fenced, err)
	s.health.learn(log, lackQueue, errors.Is(err, errQueue), err)
	if err == nil || fenced {
		s.health.learn(log, lackPass, false, nil)
	}
}

// readied answers 200, or 503 with what lacks: by part, in words that strangers may read.
func (s *Server) readied(c echo.Context) error {
	s.health.mu.Lock()
	lacks := maps.Clone(s.health.lacks)
	s.health.mu.Unlock()
	status := http.StatusOK
	if len(lacks) > 0 {
		status = http.StatusServiceUnavailable
	}
	body, err := json.Marshal(struct {
		Lacks map[string]string `json:"lacks"`
	}{lacks})
	if err != nil {
		return err
	}
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}
