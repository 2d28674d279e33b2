package demo

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// lines is a handler of the server's log that prints a line for each transition.
type lines struct {
	*story
	attrs []slog.Attr
}

// story is what all lines share.
type story struct {
	page  *page
	began time.Time

	mu    sync.Mutex
	names map[string]string    // of jobs, by id
	fired map[string]time.Time // when a kind of fault was last told of
}

func (p *page) lines() lines {
	return lines{story: &story{page: p, began: time.Now(), names: map[string]string{}, fired: map[string]time.Time{}}}
}

// Enabled takes what a log has by default.
func (lines) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// WithAttrs keeps attributes for every line.
func (l lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.attrs = slices.Concat(l.attrs, attrs)
	return l
}

// WithGroup changes nothing: the server's log has no groups.
func (l lines) WithGroup(string) slog.Handler { return l }

// Handle prints a line, if the record is a transition or a warning.
func (l lines) Handle(_ context.Context, record slog.Record) error {
	f := fact{message: record.Message, level: record.Level, attrs: l.attrs}
	record.Attrs(func(attr slog.Attr) bool {
		f.attrs = append(slices.Clip(f.attrs), attr)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if name := f.get("job"); name != "" {
		l.names[f.get("job_id")] = name
	}
	who, what := f.tell(l.names)
	if l.page.live != nil && f.level == slog.LevelInfo && who != faultMessage {
		return nil // the table shows it
	}
	if who == faultMessage && !l.worthTelling(what, record.Time) {
		return nil
	}
	if what != "" {
		l.page.say(render(record.Time.Sub(l.began), who, what, l.page.width(columns), l.page.paint))
	}
	return nil
}

// worthTelling: what lasts for a while strikes many times, and is told of once a second.
func (s *story) worthTelling(kind string, at time.Time) bool {
	if last, told := s.fired[kind]; told && at.Sub(last) < time.Second {
		return false
	}
	s.fired[kind] = at
	return true
}

// faultLines prints, of all that goes on inside GitHub and AWS, the faults.
type faultLines struct{ lines }

// WithAttrs keeps attributes for every line.
func (l faultLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.attrs = slices.Concat(l.attrs, attrs)
	return l
}

// WithGroup changes nothing: the logs have no groups.
func (l faultLines) WithGroup(string) slog.Handler { return l }

// Handle prints a line, if the record is a fault.
func (l faultLines) Handle(ctx context.Context, record slog.Record) error {
	if record.Message != faultMessage {
		return nil
	}
	return l.lines.Handle(ctx, record)
}
