package report

import (
	"context"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const (
	// putTimeout is how long one report may take, with the bucket's own tries.
	putTimeout = 5 * time.Second
	// perLife is how many reports an instance makes at most: one of each kind.
	perLife = 4
)

// Store is where reports are put. *bucket.Bucket is one.
type Store interface {
	Put(ctx context.Context, key string, body []byte) error
}

// Sender puts reports into a store, one after the other, in the order they were made. A report that
// cannot be put is logged and lost: reports are hints, and a job does not wait for them.
type Sender struct {
	store   Store
	key     func(n int) string
	log     *slog.Logger
	reports chan assignment.Report
	done    chan struct{}
}

// NewSender starts a sender; key is where its nth report goes, from 1 on. [Sender.Close] has to be
// called. The end of ctx does not stop it, for the last report is of just that.
func NewSender(ctx context.Context, store Store, key func(n int) string, log *slog.Logger) *Sender {
	s := &Sender{store: store, key: key, log: log, reports: make(chan assignment.Report, perLife), done: make(chan struct{})}
	go s.work(context.WithoutCancel(ctx))
	return s
}

// Send makes a report. It does not wait.
func (s *Sender) Send(report assignment.Report) {
	report.At = time.Now().UTC()
	s.reports <- report
}

// Close waits until every report is put or lost, 5 s each at most.
func (s *Sender) Close() {
	close(s.reports)
	<-s.done
}

func (s *Sender) work(ctx context.Context) {
	defer close(s.done)
	n := 0
	for report := range s.reports {
		n++
		if err := s.put(ctx, n, report); err != nil {
			s.log.Warn("a report is lost", "report", report.Kind, "error", err)
		}
	}
}

func (s *Sender) put(ctx context.Context, n int, report assignment.Report) error {
	body, err := assignment.EncodeReport(report)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	return s.store.Put(ctx, s.key(n), body)
}
