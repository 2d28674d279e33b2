package logs_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// store is one in memory. Each call answers as told, and well when nothing is told.
type store struct {
	mu     sync.Mutex
	opened int
	calls  []time.Time
	events []logs.Event
	open   func(ctx context.Context) error
	put    func(ctx context.Context, n int) (refused int, err error)
}

func (s *store) Open(ctx context.Context) error {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	return s.open(ctx)
}

func (s *store) Put(ctx context.Context, events []logs.Event) (refused int, err error) {
	s.mu.Lock()
	s.calls = append(s.calls, time.Now())
	n := len(s.calls)
	s.mu.Unlock()
	if s.put != nil {
		if refused, err = s.put(ctx, n); err != nil {
			return refused, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
	return refused, nil
}

func (s *store) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	texts := make([]string, len(s.events))
	for i, event := range s.events {
		texts[i] = event.Text
	}
	return texts
}

// none is no jitter: the first call comes at once, and waits are halved.
func none() float64 { return 0 }

const canary = "eyJjYW5hcnkiOiJqaXQtY29uZmlnIn0tMDEyMzQ1Njc4OQ"

func masker(t *testing.T) *secret.Masker {
	t.Helper()
	m := secret.NewMasker()
	if err := m.Register(secret.New(canary), time.Time{}); err != nil {
		t.Fatal(err)
	}
	return m
}

func want(t *testing.T, s *store, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, s.texts()); diff != "" {
		t.Errorf("lines, want - got +:\n%s", diff)
	}
}

func TestLinesAreKeptUntilItIsKnownWhereToThenSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		out := l.Writer("")
		fmt.Fprint(out, "before\nhalf a ")
		time.Sleep(time.Minute)
		l.Ship(t.Context(), s)
		fmt.Fprint(out, "line\r\n\nlast, without an end")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		want(t, s, "before", "half a line")
		if got := l.Close(); got != 0 {
			t.Errorf("lost: got %d lines, want none", got)
		}
		want(t, s, "before", "half a line", "last, without an end")
		if got, want := s.events[1].At.Sub(s.events[0].At), time.Minute; got != want {
			t.Errorf("the second line is %v after the first, want %v: each has the time at which it was written", got, want)
		}
		if s.opened != 1 {
			t.Errorf("the stream was opened %d times, want once", s.opened)
		}
	})
}

func TestSecretsAreMaskedHoweverTheyAreWritten(t *testing.T) {
	for size := 1; size < len(canary); size += 7 {
		synctest.Test(t, func(t *testing.T) {
			l, s := logs.New(logs.Config{Masker: masker(t), Random: none}), &store{}
			l.Ship(t.Context(), s)
			out := l.Writer("listener: ")
			for text := "jit " + canary + " end\nthe last line ends in " + canary; text != ""; {
				piece := text[:min(size, len(text))]
				fmt.Fprint(out, piece)
				text = text[len(piece):]
			}
			l.Close()
			want(t, s, "listener: jit *** end", "listener: the last line ends in ***")
		})
	}
}

func TestSecretsAreMaskedHoweverTheyAreEncoded(t *testing.T) {
	for name, encoded := range map[string]string{
		"base64":             base64.StdEncoding.EncodeToString([]byte(canary)),
		"base64, one before": base64.StdEncoding.EncodeToString([]byte("x" + canary)),
		"base64, two before": base64.RawURLEncoding.EncodeToString([]byte("xy" + canary + "z")),
		"in a URL":           strings.ReplaceAll(canary, "-", "%2D"),
		"in JSON":            fmt.Sprintf("%q", canary),
	} {
		synctest.Test(t, func(t *testing.T) {
			l, s := logs.New(logs.Config{Masker: masker(t), Random: none}), &store{}
			l.Ship(t.Context(), s)
			out := l.Writer("")
			for _, c := range "a " + encoded + " b\n" {
				fmt.Fprint(out, string(c))
			}
			l.Close()
			texts := s.texts()
			if len(texts) != 1 || !strings.Contains(texts[0], "***") || strings.Contains(texts[0], encoded[8:len(encoded)-8]) {
				t.Errorf("%s: got %q, want it masked", name, texts)
			}
		})
	}
}

func TestWhatIsNotUTF8OrTooLongIsSentAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		l.Ship(t.Context(), s)
		fmt.Fprint(l.Writer("p: "), "\xff\xfe!\n", strings.Repeat("x", 100<<10), "\n")
		l.Close()
		texts := s.texts()
		if len(texts) != 3 || texts[0] != "p: ?!" {
			t.Fatalf("got %d events, the first %.20q, want 3 and \"p: ?!\"", len(texts), texts)
		}
		if got, want := len(texts[1]), 64<<10; got != want {
			t.Errorf("a long line's first piece: got %d bytes, want %d", got, want)
		}
		if got, want := len(texts[1])+len(texts[2])-2*len("p: "), 100<<10; got != want {
			t.Errorf("both pieces: got %d bytes, want %d", got, want)
		}
	})
}

func TestBatchesAreWithinCloudWatchsLimitsAndOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := map[int]int{} // of a call: bytes
		l, s := logs.New(logs.Config{Random: none}), &store{}
		s.put = func(context.Context, int) (int, error) { return 0, nil }
		out := l.Writer("")
		for i := range 15_000 { // as many and as short as there is room for
			fmt.Fprintf(out, "%d\n", i%10)
		}
		l.Ship(t.Context(), &measured{s, sizes})
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(s.calls) < 3 || s.calls[1].Sub(s.calls[0]) < 5*time.Second {
			t.Errorf("got %d calls at %v, want three or more, 5 s apart", len(s.calls), s.calls)
		}
		l.Close()
		if got, want := len(s.events), 15_000; got != want {
			t.Errorf("got %d events, want all %d", got, want)
		}
		for call, size := range sizes {
			if size > 128<<10 {
				t.Errorf("call %d: got %d bytes, want at most 128 KiB", call, size)
			}
		}
	})
}

// measured is a store that refuses what PutLogEvents would.
type measured struct {
	*store
	sizes map[int]int
}

func (m *measured) Put(ctx context.Context, events []logs.Event) (int, error) {
	size, last := 0, events[0].At
	for _, event := range events {
		size += len(event.Text) + 26
		if event.At.Before(last) || event.At.Sub(events[0].At) >= 24*time.Hour {
			return 0, errors.New("out of order, or more than a day")
		}
		last = event.At
	}
	if len(events) > 10_000 || size > 1<<20 {
		return 0, fmt.Errorf("%d events of %d bytes are too many", len(events), size)
	}
	m.sizes[len(m.calls)] = size
	return m.store.Put(ctx, events)
}

func TestABatchSpansNoMoreThanADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		out := l.Writer("")
		for i := range 3 {
			fmt.Fprintln(out, "day", i)
			time.Sleep(24 * time.Hour)
		}
		l.Ship(t.Context(), &measured{s, map[int]int{}})
		l.Close()
		want(t, s, "day 0", "day 1", "day 2")
		if len(s.calls) != 3 {
			t.Errorf("got %d calls, want 3", len(s.calls))
		}
	})
}

func TestTheOldestLinesGoAndTheLogTellsHowMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		out := l.Writer("")
		line := strings.Repeat("x", 1000-26-8)
		for i := range 2000 { // 1,000 bytes each, of which 512 KiB are kept
			fmt.Fprintf(out, "%07d %s\n", i, line)
		}
		l.Ship(t.Context(), s)
		if got := l.Close(); got != 0 {
			t.Errorf("lost and not told: got %d, want none: the log tells", got)
		}
		texts := s.texts()
		kept := 512 << 10 / 1000
		if got, want := len(texts), kept+1; got != want {
			t.Fatalf("got %d events, want %d and the one that tells", got, want)
		}
		if want := fmt.Sprintf(`"lines":%d}`, 2000-kept); !strings.HasSuffix(texts[0], want) {
			t.Errorf("the first event: got %s, want …%s", texts[0], want)
		}
		if !strings.HasPrefix(texts[1], fmt.Sprintf("%07d", 2000-kept)) || !strings.HasPrefix(texts[kept], "0001999") {
			t.Errorf("kept from %.8s to %.8s, want the newest", texts[1], texts[kept])
		}
	})
}

func TestNobodyWaitsForWhatIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := logs.New(logs.Config{Random: none}), &store{}
		s.put = func(ctx context.Context, _ int) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
		l.Ship(t.Context(), s)
		began := time.Now()
		out := l.Writer("")
		for range 1000 {
			if _, err := io.WriteString(out, strings.Repeat("x", 10_000)+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(began); got != 0 {
			t.Errorf("writing took %v, want no time", got)
		}
		if got := l.Close(); got != 1000 {
			t.Errorf("lost: got %d lines, want all 1000", got)
		}
		if got, want := time.Since(began), 10*time.Second; got > want {
			t.Errorf("closing took %v, want at most %v", got, want)
		}
	})
}

func TestClosingTwiceAndWithoutAStoreIsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logs.New(logs.Config{})
		out := l.Writer("")
		fmt.Fprintln(out, "x")
		for range 2 {
			if got := l.Close(); got != 1 {
				t.Errorf("lost: got %d, want 1", got)
			}
		}
		if n, err := fmt.Fprintln(out, "after the end"); n != 14 || err != nil {
			t.Errorf("writing after the end: got %d, %v, want 14 and no error", n, err)
		}
	})
}
