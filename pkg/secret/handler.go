package secret

import (
	"context"
	"log/slog"
	"slices"
)

// handler masks records on their way to another handler. It masks what is logged and not what the
// other one writes, so that it is right in front of any handler, however that encodes, escapes or
// leaves out. Groups and attributes given early are kept and masked with each record, so that those
// secrets are masked, too, which were registered since.
type handler struct {
	inner  slog.Handler
	masker *Masker
	groups []group
}

// group is what was given by WithGroup, with what was given by WithAttrs within it.
type group struct {
	name  string
	attrs []slog.Attr
}

// NewHandler masks the message, the keys and the values of every record. Values are masked as they
// are printed: errors, [fmt.Stringer] and [encoding.TextMarshaler] as their text, [slog.LogValuer] as
// what it stands for, groups one by one, and all that has fields or elements as its JSON.
func NewHandler(inner slog.Handler, masker *Masker) slog.Handler {
	return handler{inner: inner, masker: masker, groups: []group{{}}}
}

// Enabled is the other handler's.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// WithAttrs keeps attributes for every record.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.groups = slices.Clone(h.groups)
	last := &h.groups[len(h.groups)-1]
	last.attrs = slices.Concat(last.attrs, attrs)
	return h
}

// WithGroup puts all that comes later into a group.
func (h handler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.groups = append(slices.Clip(h.groups), group{name: name})
	}
	return h
}

// Handle masks a record, and hands it on.
func (h handler) Handle(ctx context.Context, record slog.Record) error {
	var attrs []slog.Attr
	record.Attrs(func(attr slog.Attr) bool {
		attrs = append(attrs, attr)
		return true
	})
	for _, g := range slices.Backward(h.groups) {
		attrs = slices.Concat(g.attrs, attrs)
		if g.name != "" {
			attrs = []slog.Attr{{Key: g.name, Value: slog.GroupValue(attrs...)}}
		}
	}
	masked := slog.NewRecord(record.Time, record.Level, h.masker.MaskString(record.Message), record.PC)
	masked.AddAttrs(h.masker.attrs(attrs)...)
	return h.inner.Handle(ctx, masked)
}
