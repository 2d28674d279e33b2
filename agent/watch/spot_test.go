package watch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// metadata answers by path, and from each time on; nothing else is there.
type metadata struct {
	began   time.Time
	answers map[string][]answer
	asked   []time.Duration // for notices
	hangs   bool
}

type answer struct {
	from time.Duration
	body string
	err  error
}

func (m *metadata) Get(ctx context.Context, path string) (body []byte, err error) {
	now := time.Since(m.began)
	if path == noticePath {
		m.asked = append(m.asked, now)
	}
	if m.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, a := range m.answers[path] {
		if now >= a.from {
			body, err = []byte(a.body), a.err
			if a.err != nil || a.body == "" {
				body = nil
			}
		}
	}
	return body, err
}

// watched lets a spot instance live for so long, and gives what it was told when, and the log.
func watched(t *testing.T, m *metadata, lives time.Duration) (notices []Notice, at time.Duration, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), lives)
		defer cancel()
		var text strings.Builder
		m.began = time.Now()
		spot := Spot{
			Metadata: m, Random: rand.New(rand.NewPCG(1, 2)).Float64, Log: slog.New(slog.NewTextHandler(&text, nil)),
			Noticed: func(n Notice) { notices, at = append(notices, n), time.Since(m.began) },
		}
		spot.Watch(ctx)
		log = text.String()
	})
	return notices, at, log
}

const (
	notice = `{"action":"terminate","time":"2000-01-01T00:03:00Z"}`
	second = time.Second
)

func TestANoticeIsHeardWithinOnePollAndOnce(t *testing.T) {
	m := &metadata{answers: map[string][]answer{noticePath: {{from: 61 * second, body: notice}}}}
	notices, at, log := watched(t, m, 5*time.Minute)
	if len(notices) != 1 || notices[0].Action != "terminate" {
		t.Errorf("notices: got %v, want one", notices)
	}
	if at < 61*second || at > 67*second {
		t.Errorf("heard after %v, want at most 6 s after 61 s", at)
	}
	if log != "" {
		t.Errorf("log: got %q, want that whoever is told logs it", log)
	}
}

func TestPollsAreFiveSecondsApartAndNeverQuite(t *testing.T) {
	m := &metadata{}
	watched(t, m, 10*time.Minute)
	apart := map[time.Duration]bool{}
	for n := 1; n < len(m.asked); n++ {
		wait := m.asked[n] - m.asked[n-1]
		if wait < 4*second || wait > 6*second {
			t.Errorf("polls are %v apart, want 5 s and a fifth more or less", wait)
		}
		apart[wait] = true
	}
	if got := len(m.asked); got < 110 || got > 130 || len(apart) < 100 {
		t.Errorf("got %d polls in 10 min, %d times apart, want about 120, all of them at other times", got, len(apart))
	}
}

func TestNothingThatIsAnsweredEndsTheWatch(t *testing.T) {
	refused := errors.New("connection refused")
	for name, test := range map[string]struct {
		before []answer
		log    []string // each once
	}{
		"malformed":        {[]answer{{body: "<html>"}}, []string{"cannot be read\""}},
		"unknown action":   {[]answer{{body: `{"action":"party","time":"2000-01-01T00:03:00Z"}`}}, []string{"party"}},
		"refused":          {[]answer{{err: refused}}, []string{"connection refused", "can be read again"}},
		"refused in turns": {[]answer{{err: refused}, {from: 30 * second}}, []string{"connection refused", "can be read again"}},
	} {
		m := &metadata{answers: map[string][]answer{noticePath: append(test.before, answer{from: time.Minute, body: notice})}}
		notices, _, log := watched(t, m, 5*time.Minute)
		if len(notices) != 1 {
			t.Errorf("%s: got %d notices, want one", name, len(notices))
		}
		for _, want := range test.log {
			if got := strings.Count(log, want); got != 1 {
				t.Errorf("%s: got %q %d times in the log, want once:\n%s", name, want, got, log)
			}
		}
	}
}

func TestOnDemandThereIsNothingToLookFor(t *testing.T) {
	refused := errors.New("connection refused")
	for name, test := range map[string]struct {
		market      []answer
		least, most int // looks in 5 min
	}{
		"on demand":            {[]answer{{body: "on-demand"}}, 0, 0},
		"on demand, told late": {[]answer{{err: refused}, {from: 30 * second, body: "on-demand"}}, 4, 8},
		"spot":                 {[]answer{{body: "spot"}}, 50, 75},
		"unknown":              {nil, 50, 75},
	} {
		m := &metadata{answers: map[string][]answer{marketPath: test.market}}
		watched(t, m, 5*time.Minute)
		if got := len(m.asked); got < test.least || got > test.most {
			t.Errorf("%s: looked %d times, want %d to %d", name, got, test.least, test.most)
		}
	}
}

func TestMetadataThatHangsIsAskedAgain(t *testing.T) {
	m := &metadata{hangs: true}
	_, _, log := watched(t, m, 5*time.Minute)
	if got := len(m.asked); got < 28 {
		t.Errorf("got %d polls in 5 min, want one every 10 s at least", got)
	}
	if got := strings.Count(log, "cannot be read"); got != 1 {
		t.Errorf("got %d lines in the log, want one:\n%s", got, log)
	}
}

func TestARebalanceAdviceIsLoggedOnceAndStopsNothing(t *testing.T) {
	m := &metadata{answers: map[string][]answer{rebalancePath: {{from: 20 * second, body: `{"noticeTime":"2000-01-01T00:00:20Z"}`}}}}
	notices, _, log := watched(t, m, 5*time.Minute)
	if len(notices) != 0 {
		t.Errorf("notices: got %v, want none", notices)
	}
	if got := strings.Count(log, "may take the spot instance back"); got != 1 {
		t.Errorf("got %d lines in the log, want one:\n%s", got, log)
	}
}
