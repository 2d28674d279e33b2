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
	names map[string]string // of jobs, by id
}

func (p *page) lines() slog.Handler {
	return lines{story: &story{page: p, began: time.Now(), names: map[string]string{}}}
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
	if who, what := f.tell(l.names); what != "" {
		l.page.say(render(record.Time.Sub(l.began), who, what, l.page.paint))
	}
	return nil
}
