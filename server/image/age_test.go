package image_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/image"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// aged is an image of so many days at noon.
func aged(id string, days float64) runner.Image {
	return runner.Image{ID: id, Since: noon.Add(-time.Duration(days * 24 * float64(time.Hour)))}
}

func TestPeopleAreToldOfTheOldestImageThatIsLaunched(t *testing.T) {
	for what, test := range map[string]struct {
		lines [][]runner.Image
		want  runner.Reason
	}{
		"no images":             {nil, runner.NoReason()},
		"one without an age":    {[][]runner.Image{{{ID: "ami-ubuntu"}}}, runner.NoReason()},
		"a young one":           {[][]runner.Image{{aged("ami-a", 20.9)}}, runner.NoReason()},
		"an old one":            {[][]runner.Image{{aged("ami-a", 21)}}, runner.ImageOld("ami-a", 21)},
		"the oldest of three":   {[][]runner.Image{{aged("ami-a", 22)}, {aged("ami-b", 31.5)}, {aged("ami-c", 1)}}, runner.ImageOld("ami-b", 31)},
		"one that was launched": {[][]runner.Image{{aged("ami-a", 2), aged("ami-b", 40)}}, runner.NoReason()},
	} {
		if got := image.Old(test.lines, runner.Boots{}, noon); got != test.want {
			t.Errorf("%s: got %q, want %q", what, got, test.want)
		}
	}
}

// meter keeps what it is told.
type meter struct {
	told []float64
	err  error
}

func (m *meter) ImageAge(_ context.Context, days float64, _ time.Time) error {
	m.told = append(m.told, days)
	return m.err
}

func TestTheAgeIsToldOnceAnHour(t *testing.T) {
	var log bytes.Buffer
	m := &meter{}
	stage := image.Stage{Meter: m, Log: slog.New(slog.NewTextHandler(&log, nil))}
	lines := [][]runner.Image{{aged("ami-a", 20.5)}, {{ID: "ami-ubuntu"}}}
	at := func(after time.Duration) { stage.Run(t.Context(), lines, runner.Boots{}, noon.Add(after)) }
	at(0)
	at(59 * time.Minute)
	if log.Len() != 0 {
		t.Errorf("the log was told of a young image: %s", log.String())
	}
	at(12 * time.Hour)
	m.err = errors.New("CloudWatch is down")
	at(24 * time.Hour)
	if diff := cmp.Diff([]float64{20.5, 21, 21.5}, m.told); diff != "" {
		t.Errorf("told days (-want +got):\n%s", diff)
	}
	for _, want := range []string{"level=WARN", "image=ami-a", "days=21", "CloudWatch is down"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got log %q, want %q in it", log.String(), want)
		}
	}
}

func TestWithoutAnAgeNothingIsToldAndWithoutAMeterTheLogIs(t *testing.T) {
	var log bytes.Buffer
	m := &meter{}
	stage := image.Stage{Meter: m, Log: slog.New(slog.NewTextHandler(&log, nil))}
	stage.Run(t.Context(), [][]runner.Image{{{ID: "ami-ubuntu"}}}, runner.Boots{}, noon)
	if len(m.told) != 0 {
		t.Errorf("told %v of an image without an age, want nothing", m.told)
	}
	stage.Meter = nil
	stage.Run(t.Context(), [][]runner.Image{{aged("ami-a", 25)}}, runner.Boots{}, noon)
	if !strings.Contains(log.String(), "25 days old") {
		t.Errorf("got log %q, want how old it is", log.String())
	}
}
