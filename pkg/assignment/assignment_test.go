package assignment_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	host   = "i-0123456789abcdef0"
	canary = "canary-5d1c"
)

var whole = assignment.Assignment{
	Instance: host, RunnerName: "mf-1-" + host + "-1", JITConfig: secret.New(canary),
	MaxRuntime: 12 * time.Hour, MaxIdle: 10 * time.Minute, Repository: 5,
}

func TestAnAssignmentArrivesAsItWasSent(t *testing.T) {
	body, err := assignment.Encode(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := assignment.Decode(body, host)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, got); diff != "" {
		t.Errorf("assignment (-want +got):\n%s", diff)
	}
}

func TestAnAssignmentThatIsNotWholeIsNotSent(t *testing.T) {
	for field, spoil := range map[string]func(*assignment.Assignment){
		"instance":            func(a *assignment.Assignment) { a.Instance = "" },
		"runner_name":         func(a *assignment.Assignment) { a.RunnerName = "" },
		"jit_config":          func(a *assignment.Assignment) { a.JITConfig = secret.Text{} },
		"max_runtime_seconds": func(a *assignment.Assignment) { a.MaxRuntime = 0 },
		"max_idle_seconds":    func(a *assignment.Assignment) { a.MaxIdle = time.Millisecond },
	} {
		spoilt := whole
		spoil(&spoilt)
		if _, err := assignment.Encode(spoilt); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v, want an error that names the field", field, err)
		}
	}
}

// badAssignments are bodies that must never start a runner, each with what the error has to name.
var badAssignments = map[string]string{
	``:                                     "JSON object",
	`null`:                                 "version",
	`[]`:                                   "type",
	`{"version":1,"jit_config":"` + canary: "JSON object",
	`{"version":"` + canary + `"}`:         "version",
	`{"version":2,"instance":"` + host + `","jit_config":"` + canary + `"}`:                                                                  "version is 2",
	`{"version":1,"instance":"i-other","jit_config":"` + canary + `"}`:                                                                       "i-other",
	`{"version":1,"instance":"` + host + `","` + canary + `":1}`:                                                                             "does not know",
	`{"version":1,"instance":"` + host + `","runner_name":"r","jit_config":"` + canary + `","max_runtime_seconds":1,"max_idle_seconds":1}{}`: "more after",
	`{"version":1,"instance":"` + host + `","runner_name":"r","jit_config":"","max_runtime_seconds":1,"max_idle_seconds":1}`:                 "jit_config",
	`{"version":1,"instance":"` + host + `","runner_name":"r","jit_config":"` + strings.Repeat("x", assignment.MaxBytes) + `"}`:              "too many",
}

func TestABadAssignmentIsRefusedWithoutTellingWhatItSays(t *testing.T) {
	for body, want := range badAssignments {
		_, err := assignment.Decode([]byte(body), host)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: got %v, want an error with %q", body, err, want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for body := range badAssignments {
		f.Add([]byte(body))
	}
	body, err := assignment.Encode(whole)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, err := assignment.Decode(body, host); err == nil {
			if got.Instance != host || got.JITConfig.Empty() || got.MaxIdle <= 0 || got.MaxRuntime <= 0 {
				t.Errorf("took %+v", got)
			}
		}
	})
}

func TestAReportArrivesAsItWasSent(t *testing.T) {
	want := assignment.Report{
		Version: assignment.Version, Kind: assignment.Exited, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Timings:  []runner.Timing{{Step: "agent started", At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)}},
		ExitCode: 3, TookJob: true, Result: "Failed", Updates: 1, Problem: "none",
	}
	body, err := assignment.EncodeReport(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := assignment.DecodeReport(body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	for body, want := range map[string]string{
		`{"version":1,"kind":"party"}`: `"party"`, `{"version":9}`: "version is 9", `{`: "JSON object", `{"x":1}`: "does not know",
	} {
		if _, err := assignment.DecodeReport([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", body, err, want)
		}
	}
}

func FuzzDecodeReport(f *testing.F) {
	f.Add([]byte(`{"version":1,"kind":"listening","at":"2026-01-02T03:04:05Z","timings":[{"step":"x","at":"2026-01-02T03:04:05Z"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		report, err := assignment.DecodeReport(body)
		if err != nil {
			return
		}
		if _, err := json.Marshal(report); err != nil {
			t.Errorf("took a report that cannot be written: %v", err)
		}
	})
}
