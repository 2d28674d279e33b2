package localhub

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// GitHub's published limits. Source: docs.github.com, "Rate limits for the REST API".
const (
	hourlyLimit = 5000 // calls of one payer an hour
	readPoints  = 1    // of the secondary limit: a GET
	writePoints = 5    // of the secondary limit: anything else
	pointsSpan  = time.Minute
)

// payer is whose budget a call spends: an App, or one installation of it. The zero value is nobody.
type payer struct {
	app          int64
	installation int64
}

// meter counts what one payer spends. It only counts: nothing is refused.
type meter struct {
	used   int // calls of the hour
	resets time.Time
	spent  []spend // of the last minute, oldest first
}

type spend struct {
	points int
	at     time.Time
}

// charge counts a call, and is the headers that tell its caller what is left.
func (h *Hub) charge(c *call) http.Header {
	if c.payer == (payer{}) {
		return nil
	}
	m := h.meters[c.payer]
	if m == nil {
		m = &meter{}
		h.meters[c.payer] = m
	}
	points := writePoints
	if c.Method == http.MethodGet {
		points = readPoints
	}
	inMinute := m.take(points, c.now)
	if c.payer.installation != 0 {
		h.maxPoints = max(h.maxPoints, inMinute)
	}
	return m.headers()
}

// take counts a call, and is the points of the last minute.
func (m *meter) take(points int, now time.Time) (inMinute int) {
	if !now.Before(m.resets) {
		m.used, m.resets = 0, now.Add(time.Hour)
	}
	m.used++
	m.spent = slices.DeleteFunc(m.spent, func(s spend) bool { return !s.at.After(now.Add(-pointsSpan)) })
	m.spent = append(m.spent, spend{points: points, at: now})
	for _, s := range m.spent {
		inMinute += s.points
	}
	return inMinute
}

func (m *meter) headers() http.Header {
	header := http.Header{}
	header.Set("X-Ratelimit-Limit", strconv.Itoa(hourlyLimit))
	header.Set("X-Ratelimit-Used", strconv.Itoa(m.used))
	header.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, hourlyLimit-m.used)))
	header.Set("X-Ratelimit-Reset", strconv.FormatInt(m.resets.Unix(), 10))
	header.Set("X-Ratelimit-Resource", "core")
	return header
}
