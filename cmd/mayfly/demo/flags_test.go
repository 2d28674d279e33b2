package demo_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/demo"
)

func TestFlagsAreRead(t *testing.T) {
	got, err := demo.ParseFlags([]string{"--jobs", "256", "--seed=18446744073709551615", "--json", "--faults", "--step", "exit 1"})
	if err != nil {
		t.Fatal(err)
	}
	want := demo.Flags{Jobs: 256, Seed: 1<<64 - 1, JSON: true, Faults: true, Step: "exit 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}

func TestWithNoFlagsThereAreEightJobsAndASeedOfItsOwn(t *testing.T) {
	first, err := demo.ParseFlags(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := demo.ParseFlags(nil)
	if err != nil {
		t.Fatal(err)
	}
	if first.Jobs != 8 || first.JSON || first.Faults || first.Step != "" {
		t.Errorf("got %+v, want 8 jobs and nothing else", first)
	}
	if first.Seed == second.Seed {
		t.Errorf("got the seed %d twice, want another one each time", first.Seed)
	}
}

func TestABadFlagIsNamedWithItsValueAndTheRemedy(t *testing.T) {
	for arguments, want := range map[string][]string{
		"--jobs 0":   {"jobs", `"0"`, "1 to 256"},
		"--jobs 257": {"jobs", `"257"`, "1 to 256"},
		"--jobs x":   {"jobs", `"x"`, "1 to 256"},
		"--seed -1":  {"seed", `"-1"`, "whole number"},
		"--step=":    {"step", `""`, "give a command"},
		"--json=1x":  {"json", `"1x"`},
		"--fault":    {"fault", "mayfly help"},
		"--json now": {`"now"`, "flags only"},
	} {
		_, err := demo.ParseFlags(strings.Fields(arguments))
		if err == nil {
			t.Errorf("%s: got no error, want one", arguments)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: got %q, want %q in it", arguments, err, part)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %q, want one line", arguments, err)
		}
	}
	if _, err := demo.ParseFlags([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v, want %v", err, flag.ErrHelp)
	}
}
