package run

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const life = `
√ Connected to GitHub

Current runner version: '2.330.0'
2026-01-02 15:04:05Z: Listening for Jobs
2026-01-02 15:04:07Z: Running job: build (1.26, ubuntu)
2026-01-02 15:05:05Z: Job build (1.26, ubuntu) completed with result: Succeeded
`

// states feeds output in pieces of n bytes, and gives the states that it told and what was passed on.
func states(text string, n int) (told []State, passed string) {
	var to bytes.Buffer
	output := NewOutput(&to, func(s State) { told = append(told, s) }, func() {})
	for text != "" {
		piece := text[:min(n, len(text))]
		_, _ = output.Write([]byte(piece))
		text = text[len(piece):]
	}
	output.Close()
	return told, to.String()
}

func TestOutputTellsTheStatesAndPassesEverythingOn(t *testing.T) {
	for _, n := range []int{1, 7, 4096} {
		told, passed := states(life, n)
		if diff := cmp.Diff([]State{Listening, JobStarted, JobDone}, told); diff != "" {
			t.Errorf("in pieces of %d, states, want - got +:\n%s", n, diff)
		}
		if passed != life {
			t.Errorf("in pieces of %d, passed on: got %q, want all of it", n, passed)
		}
	}
}

func TestAJobsNameIsNotBelieved(t *testing.T) {
	const stamp = "2026-01-02 15:04:05Z: "
	long := strings.Repeat("x", maxLine)
	for text, want := range map[string][]State{
		stamp + "Running job: Listening for Jobs":              {JobStarted},
		stamp + "Running job: a completed with result: Failed": {JobStarted},
		stamp + "Job Running job: x completed with result: ok": {JobDone},
		"Running job: x":                       nil,
		"2026-01-02 15:04:05Z Running job: x":  nil,
		"x " + stamp + "Running job: x":        nil,
		"9026-91-02 15:04:05Z: Running job: x": nil,
		stamp + "Job x completed":              nil,
		long + stamp + "Running job: x":        nil,
		"":                                     nil,
	} {
		told, _ := states(text+"\n", 4096)
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("%.80q: states, want - got +:\n%s", text, diff)
		}
	}
}

func TestARunnerNeverGoesBack(t *testing.T) {
	told, _ := states(life+life, 4096)
	if diff := cmp.Diff([]State{Listening, JobStarted, JobDone}, told); diff != "" {
		t.Errorf("states, want - got +:\n%s", diff)
	}
}

func TestALongLineIsPassedOnInPieces(t *testing.T) {
	text := strings.Repeat("x", 3*maxLine+5) + "\n" + life
	told, passed := states(text, 1000)
	if passed != text {
		t.Errorf("passed on: got %d bytes, want all %d", len(passed), len(text))
	}
	if got, want := len(told), 3; got != want {
		t.Errorf("states after it: got %d, want %d", got, want)
	}
}

func TestOutputThatNobodyReadsIsNoError(t *testing.T) {
	var told []State
	output := NewOutput(broken{}, func(s State) { told = append(told, s) }, func() {})
	if n, err := output.Write([]byte(life)); n != len(life) || err != nil {
		t.Errorf("Write: got %d, %v, want %d and no error", n, err, len(life))
	}
	if got, want := output.State(), JobDone; got != want || len(told) != 3 {
		t.Errorf("state: got %d after %v, want %d", got, told, want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestOutputTellsHowTheJobEnded(t *testing.T) {
	const end = "2026-01-02 15:05:05Z: Job "
	for line, want := range map[string]string{
		end + "build completed with result: Failed":                                "Failed",
		end + "build completed with result: SucceededWithIssues":                   "SucceededWithIssues",
		end + "a completed with result: Succeeded completed with result: Canceled": "Canceled",
		end + "build completed with result: Party":                                 "",
		"Job build completed with result: Failed":                                  "",
	} {
		output := NewOutput(io.Discard, func(State) {}, func() {})
		_, _ = io.WriteString(output, line+"\n")
		if got := output.Result(); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

const update = "Runner update in progress, do not shutdown runner.\nDownloading 2.340.0 runner\n"

func TestOutputTellsOfUpdatesAndComplaintsUntilThereIsAJob(t *testing.T) {
	const complaint = "An error occurred: Runner version v2.296.2 is deprecated and cannot receive messages.\n"
	updates := 0
	output := NewOutput(io.Discard, func(State) {}, func() { updates++ })
	_, _ = io.WriteString(output, "x "+complaint+"An error occur"+"ed: no\n"+update+complaint+update)
	_, _ = io.WriteString(output, life+"An error occurred: of the job\n"+update)
	if updates != 2 {
		t.Errorf("updates: got %d, want the 2 before the job", updates)
	}
	if got, want := output.Complaint(), "Runner version v2.296.2 is deprecated and cannot receive messages."; got != want {
		t.Errorf("complaint: got %q, want %q", got, want)
	}
}
