package demo

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTheEndIsATableTheLogsWorthReadingAndTheTotals(t *testing.T) {
	var out bytes.Buffer
	newPage(Options{Out: &out}).end(result(), errors.New("nothing has changed"))
	want := `
JOB             SHAPE                     INSTANCE             TYPE             QUEUE  RESULT
check (x64, 1)  2cpu-linux-x64 on-demand  i-0123456789abcdef0  m7a.large       0.73 s  success
check (x64, 2)  2cpu-linux-x64 on-demand  i-0123456789abcdef1  c7i-flex.large  1.50 s  failure
check (x64, 3)  2cpu-linux-x64 on-demand  -                    -                    -  queued

Log of check (x64, 2):
  not fine

Gave up: nothing has changed.
3 jobs: 1 succeeded, 1 failed, 1 lost
3 instances: 1 left at the end
3 calls to EC2, 5 calls to GitHub
queued for 0.73 s (p50), 1.50 s (p99); all in 2.0 s
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfALogTheEndIsShownUnlessItWasAskedFor(t *testing.T) {
	var log strings.Builder
	for n := range 30 {
		fmt.Fprintf(&log, "line %d\n", n)
	}
	rows := []Row{{Job: "a", Result: "success", Log: log.String()}, {Job: "b", Result: "failure", Log: log.String()}}
	var out bytes.Buffer
	newPage(Options{Out: &out, Flags: Flags{Step: "true"}}).end(Result{Rows: rows}, nil)
	for _, want := range []string{"Log of a:\n  line 0\n  line 1\n", "Log of b, the last 20 of 30 lines (--logs DIR keeps all):\n  line 10\n"} {
		if got := out.String(); !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant %q in it", got, want)
		}
	}
	if got, want := strings.Count(out.String(), "  line 29\n"), 2; got != want {
		t.Errorf("got the last line %d times, want %d", got, want)
	}
}

func TestJSONGoesAloneToStdout(t *testing.T) {
	var out, errs bytes.Buffer
	p := newPage(Options{Out: &out, Err: &errs, Flags: Flags{JSON: true, Jobs: 3}})
	p.begin(Flags{Jobs: 3})
	p.end(result(), nil)
	if err := p.total(result().Totals); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, `{"jobs":3,`) || strings.Count(got, "\n") != 1 {
		t.Errorf("stdout: got %q, want one line of JSON", got)
	}
	if got := errs.String(); !strings.Contains(got, "RESULT") {
		t.Errorf("stderr: got %q, want the table in it", got)
	}
}

func TestALineForEachTransition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(newPage(Options{Out: &out}).lines())
		job := log.With("job_id", 7, "job", "check (x64, 1)", "shape", "2cpu-linux-x64 on-demand")
		host := log.With("instance", instanceA, "instance_type", "m7a.large", "zone", "us-east-1a", "capacity_type", "on-demand")

		job.Info("job queued", "state", "queued", "from", "")
		job.Info("job queued", "state", "queued", "from", "queued", "reason", "launching an instance for it (2cpu-linux-x64 on-demand, attempt 1 of 5)")
		log.Info("launch decided", "launch", "0123456789ab", "shape", "2cpu-linux-x64 on-demand", "wanted", 4)
		log.Info("fleet call answered", "launch", "0123456789ab")
		time.Sleep(1234 * time.Millisecond)
		host.Info("runner launching", "state", "launching", "from", "")
		host.Info("runner booting", "state", "booting", "from", "launching")
		host.Info("runner idle", "state", "idle", "from", "booting")
		job.Info("job running", "state", "running", "from", "queued", "runner_name", "mf-2a97516c-"+instanceA+"-1")
		host.Info("runner busy", "state", "busy", "from", "idle", "job_id", 7)
		job.Info("job completed", "state", "completed", "from", "running", "conclusion", "success")
		host.Info("runner finished", "state", "finished", "from", "busy", "reason", "job 7 ended", "job_id", 7)
		host.Info("runner terminated", "state", "terminated", "from", "finished")
		job.Info("job refused", "state", "refused", "from", "", "reason", "there is no image for arm64: build one, or ask for another architecture")
		host.Info("runner failed", "state", "failed", "from", "idle", "reason", "the runner exited with code 1 before it took a job")
		log.Warn("fleet call failed", "calls", 1, "error", "RequestLimitExceeded: Request limit exceeded.")
		log.Debug("not for people")

		want := ` 0.00  check (x64, 1)       queued for 2cpu-linux-x64 on-demand
 0.00  check (x64, 1)       launching an instance for it (2cpu-linux-x64 on-demand, attempt 1 of 5)
 0.00  launch 0123456789ab  one call to EC2, for 4 of 2cpu-linux-x64 on-demand
 1.23  i-0123456789abcdef0  launching: m7a.large in us-east-1a, on-demand
 1.23  i-0123456789abcdef0  booting: its assignment is in the bucket
 1.23  i-0123456789abcdef0  idle: its runner listens for a job
 1.23  check (x64, 1)       running on i-0123456789abcdef0
 1.23  i-0123456789abcdef0  busy: check (x64, 1)
 1.23  check (x64, 1)       completed: success
 1.23  i-0123456789abcdef0  finished: its one job has ended
 1.23  i-0123456789abcdef0  terminated
 1.23  check (x64, 1)       refused: there is no image for arm64: build one, or ask for another
                            architecture
 1.23  i-0123456789abcdef0  failed: the runner exited with code 1 before it took a job
 1.23  warn                 fleet call failed calls=1 error=RequestLimitExceeded: Request limit
                            exceeded.
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAFaultIsToldOfOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(faultLines{newPage(Options{Out: &out}).lines()})
		log.Warn("fault", "fault", "webhook_lost")
		log.Warn("webhook not delivered", "job_id", 7)
		for range 4 {
			log.Info("fault", "kind", "s3_unavailable")
			time.Sleep(400 * time.Millisecond)
		}
		want := ` 0.00  fault                webhook_lost
 0.00  fault                s3_unavailable
 1.20  fault                s3_unavailable
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestNoLineIsWiderThanAPage(t *testing.T) {
	text := render(time.Minute, "check (x64, 1)", strings.Repeat("wörd ", 60), columns, false)
	for line := range strings.SplitSeq(text, "\n") {
		if got := utf8.RuneCountInString(line); got > columns {
			t.Errorf("got %d columns, want at most %d: %s", got, columns, line)
		}
	}
	if got, want := strings.Count(text, "wörd"), 60; got != want {
		t.Errorf("got %d words, want all %d", got, want)
	}
}

func TestOnANarrowTerminalALineGoesOnBelow(t *testing.T) {
	got := render(time.Second, "warn", "one two three", 18, false)
	want := " 1.00  warn: one\n       two three"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestColoursAreOnlyForThoseWhoSeeThem(t *testing.T) {
	rows := []Row{{Job: "x", Result: "success"}, {Job: "y", Result: "failure"}, {Job: "z", Result: "skipped"}}
	plain, coloured := table(rows, columns, false)+render(0, "x", "completed: success", columns, false), table(rows, columns, true)+render(0, "x", "completed: failure", columns, true)+render(0, "x", "completed: skipped", columns, true)
	if strings.Contains(plain, "\x1b") {
		t.Errorf("got %q, want no colour", plain)
	}
	for _, want := range []string{"\x1b[32msuccess\x1b[0m", "\x1b[31mfailure\x1b[0m", "\x1b[31mcompleted: failure\x1b[0m", "  skipped\n", "  completed: skipped"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("got %q, want %q in it", coloured, want)
		}
	}
}
