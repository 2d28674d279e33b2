package agent_test

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error: got %v, want one with %q", err, part)
	}
}

// mustFail lives, and wants an error with a part, logged once.
func (w *world) mustFail(t *testing.T, part string) {
	t.Helper()
	wantError(t, w.live(t.Context(), t), part)
	if got, want := strings.Count(w.log.String(), `"level":"ERROR"`), 1; got != want {
		t.Errorf("errors in the log: got %d, want %d:\n%s", got, want, &w.log)
	}
}

// mustEndUnstarted wants a life without a runner that was reported and ended in a power-off.
func (w *world) mustEndUnstarted(t *testing.T) {
	t.Helper()
	if got := w.count("start"); got != 0 {
		t.Errorf("the runner was started %d times, want never", got)
	}
	if got := w.lastReport(t); got.ExitCode != -1 || got.TookJob || got.Problem == "" {
		t.Errorf("last report: got %+v, want exit code -1, no job and a problem", got)
	}
	if got, want := w.events[len(w.events)-1], "poweroff now"; got != want {
		t.Errorf("at last: got %q, want %q", got, want)
	}
}

// lastReport is the exited report, which every life has that knew its bucket.
func (w *world) lastReport(t *testing.T) assignment.Report {
	t.Helper()
	all := w.reports(t)
	if len(all) == 0 || all[len(all)-1].Kind != assignment.Exited {
		t.Fatalf("reports: got %+v, want exited as the last", all)
	}
	return all[len(all)-1]
}

func (w *world) checkNoSecret(t *testing.T, err error) {
	t.Helper()
	places := map[string]string{
		"log": w.log.String(), "stdout": w.stdout.String(), "argv": strings.Join(w.command.Args, " "), "error": fmt.Sprint(err),
	}
	for n := range 4 {
		body, _ := w.server.Get(context.Background(), runner.ReportKey(roleID, w.Instance, n))
		places[fmt.Sprint("report ", n)] = string(body)
	}
	searcher := secret.NewMasker()
	if err := searcher.Register(secret.New(canary), time.Time{}); err != nil {
		t.Fatal(err)
	}
	for place, text := range places {
		if searcher.MaskString(text) != text {
			t.Errorf("the secret is in the %s:\n%s", place, text)
		}
	}
}

func files(dir string) (all []string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		if entry.Type().IsRegular() {
			all = append(all, path)
		}
		return nil
	})
	return all
}
