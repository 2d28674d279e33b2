package demo

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/admin"
)

var start = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func overview() admin.Overview {
	return admin.Overview{Now: admin.Now{Queued: 1, Running: 1, Done: 1}, Jobs: []admin.Job{
		{ID: 2, Name: "check (x64, 2)", Shape: "2cpu-linux-x64 on-demand", State: runner.JobQueued, Why: runner.Booting(), Position: 2, Of: 3, Took: time.Second, Created: start},
		{ID: 3, Name: "\x1b[2Jрus 測試", Shape: "4cpu-linux-arm64 spot", State: runner.JobRunning, Instance: "i-0123456789abcdef0", Took: 2 * time.Second, Created: start},
		{ID: 1, Name: "check (x64, 1)", Shape: "2cpu-linux-x64 on-demand", State: runner.JobCompleted, Conclusion: "success", Instance: "i-0123456789abcdef1", Took: 1300 * time.Millisecond, Created: start},
	}}
}

func TestTheBoardFitsTheTerminal(t *testing.T) {
	for columns, want := range map[int]string{
		140: `1 queued, 0 booting, 0 listening, 1 running, 1 done
JOB             SHAPE                     STATE    SECONDS  INSTANCE             WHY
check (x64, 1)  2cpu-linux-x64 on-demand  success      1.3  i-0123456789abcdef1
check (x64, 2)  2cpu-linux-x64 on-demand  queued       1.0                       2 of 3: a runner of its class is booting
[2Jрus 測試     4cpu-linux-arm64 spot     running      2.0  i-0123456789abcdef0
`,
		80: `1 queued, 0 booting, 0 listening, 1 running, 1 done
JOB             STATE    SECONDS  INSTANCE             WHY
check (x64, 1)  success      1.3  i-0123456789abcdef1
check (x64, 2)  queued       1.0                       2 of 3: a runner of its …
[2Jрus 測試     running      2.0  i-0123456789abcdef0
`,
		39: `1 queued, 1 running, 1 done
JOB             STATE    SECONDS
check (x64, 1)  success      1.3
check (x64, 2)  queued       1.0
[2Jрus 測試     running      2.0
`,
		20: `1 queued, 1 running…
JOB          STATE
check (x64…  success
check (x64…  queued
[2Jрus 測試  running
`,
	} {
		got := strings.Join(board(overview(), columns, 40, false), "\n") + "\n"
		if !strings.HasPrefix(got, want) {
			t.Errorf("%d columns: (-want +got):\n%s", columns, cmp.Diff(want, got))
		}
		for line := range strings.SplitSeq(got, "\n") {
			if width := runewidth.StringWidth(line); width > columns {
				t.Errorf("%d columns: got %d in %q", columns, width, line)
			}
		}
	}
}

func TestABoardOfNothingIsStillALine(t *testing.T) {
	if got := board(admin.Overview{}, 20, 10, false); len(got) != 1 {
		t.Errorf("got %q, want one line", got)
	}
}

func TestWhereJobsAreTooManyTheUnfinishedComeFirst(t *testing.T) {
	got := board(overview(), 39, 5, false)
	want := []string{"1 queued, 1 running, 1 done", "JOB             STATE    SECONDS", "check (x64, 2)  queued       1.0", "[2Jрus 測試     running      2.0", "and 1 job more"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// screen is a terminal, as far as the table needs one: lines, and the cursor below the last.
type screen struct {
	lines   []string
	columns int
	writes  int
}

var up = regexp.MustCompile("^\x1b\\[(\\d+)A")

func (s *screen) Write(text []byte) (int, error) {
	s.writes++
	rest := string(text)
	if match := up.FindStringSubmatch(rest); match != nil {
		var count int
		_, _ = fmt.Sscan(match[1], &count)
		s.lines, rest = s.lines[:len(s.lines)-count], rest[len(match[0]):]
	}
	rest = strings.TrimPrefix(rest, "\r\x1b[J")
	for line := range strings.Lines(rest) {
		s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
	}
	return len(text), nil
}

func TestTheTableIsRedrawnInPlaceBelowWhatIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{columns: 40}
		l := &live{out: s, size: func() (int, int) { return s.columns, 20 }}
		p := &page{out: l, live: l}
		view := overview()
		p.say("before")
		stop := p.follow(func() admin.Overview { return view })
		p.say("between")
		l.mu.Lock()
		wrote := s.writes
		l.mu.Unlock()
		time.Sleep(time.Second)
		l.mu.Lock()
		if s.writes != wrote {
			t.Errorf("got %d writes of what did not change, want 0", s.writes-wrote)
		}
		view.Jobs = view.Jobs[:1]
		l.mu.Unlock()
		time.Sleep(time.Second)
		l.mu.Lock()
		want := []string{"before", "between", "1 queued, 1 running, 1 done", "JOB             STATE   SECONDS", "check (x64, 2)  queued      1.0"}
		if diff := cmp.Diff(want, s.lines); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		l.mu.Unlock()
		stop()
		p.say("after")
		if diff := cmp.Diff([]string{"before", "between", "after"}, s.lines); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
	})
}

func TestATerminalThatBecameNarrowerHasWrappedTheTable(t *testing.T) {
	if got, want := height([]string{"\x1b[2m" + strings.Repeat("x", 39) + "\x1b[0m", "y", ""}, 20), 4; got != want {
		t.Errorf("got %d rows, want %d", got, want)
	}
}

func TestBesideTheTableWarningsAndFaultsAreTold(t *testing.T) {
	var out bytes.Buffer
	p := newPage(Options{Out: &out, Size: func() (int, int) { return 60, 20 }})
	log := slog.New(p.lines())
	log.Info("job queued", "job", "check", "job_id", 7, "state", "queued", "from", "")
	log.Warn("something is wrong")
	log.Info(faultMessage, "fault", "a storm")
	got := out.String()
	if strings.Contains(got, "check") || !strings.Contains(got, "something is wrong") || !strings.Contains(got, "a storm") {
		t.Errorf("got %q, want the warning and the fault", got)
	}
}
