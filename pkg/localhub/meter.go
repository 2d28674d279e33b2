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

// meter counts what one payer spends.
type meter struct {
	used   int // calls of the hour
	resets time.Time
	spent  []spend // of the last minute, oldest first
}

type spend struct {
	points int
	at     time.Time
}

// maxPoints is GitHub's secondary limit: what an installation may spend within pointsSpan.
const maxPoints = 900

func (h *Hub) meter(of payer) *meter {
	if h.meters[of] == nil {
		h.meters[of] = &meter{}
	}
	return h.meters[of]
}

// points is what a call costs.
func (c *call) points() int {
	if c.Method == http.MethodGet {
		return readPoints
	}
	return writePoints
}

// limit refuses a call for which too few points are left.
func (h *Hub) limit(c *call) *answer {
	if c.payer.installation == 0 {
		return nil
	}
	wait := h.meter(c.payer).wait(c.points(), c.now)
	if wait == 0 {
		return nil
	}
	h.limitedCalls++
	h.log.Warn("secondary limit", "route", c.Pattern, "installation", c.payer.installation)
	refused := secondaryLimit(wait)
	return &refused
}

// wait is how long it takes until so many points are left.
func (m *meter) wait(points int, now time.Time) time.Duration {
	spent := points
	for _, s := range m.spent {
		if s.at.After(now.Add(-pointsSpan)) {
			spent += s.points
		}
	}
	for _, s := range m.spent {
		if spent <= maxPoints {
			break
		}
		if s.at.After(now.Add(-pointsSpan)) {
			spent -= s.points
			if spent <= maxPoints {
				return s.at.Add(pointsSpan).Sub(now)
			}
		}
	}
	return 0
}

// secondaryLimit is GitHub's answer to whoever calls too often.
func secondaryLimit(wait time.Duration) answer {
	seconds := int((wait + time.Second - 1) / time.Second)
	return answer{
		status: http.StatusForbidden, header: http.Header{"Retry-After": {strconv.Itoa(seconds)}},
		body: map[string]string{
			"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
			"documentation_url": "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api" +
				"#about-secondary-rate-limits",
		},
	}
}

// charge counts a call, and is the headers that tell its caller what is left. A 304 is free.
func (h *Hub) charge(c *call, status int) http.Header {
	if c.payer == (payer{}) {
		return nil
	}
	m := h.meter(c.payer)
	if status == http.StatusNotModified {
		return m.headers()
	}
	inMinute := m.take(c.points(), c.now)
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
