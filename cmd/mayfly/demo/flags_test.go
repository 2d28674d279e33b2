package demo_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/demo"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestFlagsAreRead(t *testing.T) {
	got, err := demo.ParseFlags([]string{"--jobs", "256", "--seed=18446744073709551615", "--json", "--faults", "--step", "exit 1", "--keep", "--listen", ":8080", "--logs", "logs"})
	if err != nil {
		t.Fatal(err)
	}
	want := demo.Flags{Jobs: 256, Seed: 1<<64 - 1, JSON: true, Faults: true, Step: "exit 1", Keep: true, Listen: ":8080", Logs: "logs"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}

func TestAWorkflowFileComesWithNoNumberOfJobs(t *testing.T) {
	got, err := demo.ParseFlags([]string{"--seed", "1", "--workflow", "ci.yml"})
	want := demo.Flags{Jobs: 8, Seed: 1, Workflow: "ci.yml"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("got %v; flags (-want +got):\n%s", err, diff)
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
		"--jobs 0":                 {"--jobs 0", "nothing to do", "--keep"},
		"--jobs 257":               {"jobs", `"257"`, "0 to 256"},
		"--jobs x":                 {"jobs", `"x"`, "0 to 256"},
		"--jobs -1":                {"jobs", `"-1"`, "0 to 256"},
		"--listen 8080":            {"listen", `"8080"`, "127.0.0.1:8080"},
		"--listen localhost:0":     {"listen", `"localhost:0"`, "1 to 65535"},
		"--listen localhost:65536": {"listen", "1 to 65535"},
		"--listen localhost:http":  {"listen", "1 to 65535"},
		"--seed -1":                {"seed", `"-1"`, "whole number"},
		"--step=":                  {"step", `""`, "give a command"},
		"--json=1x":                {"json", `"1x"`},
		"--workflow=":              {"workflow", `""`, ".github/workflows/ci.yml"},
		"--jobs 2 --workflow x":    {"--jobs 2", "--workflow x", "leave --jobs out"},
		"--logs=":                  {"logs", `""`, "give a directory"},
		"--fault":                  {"fault", "mayfly help"},
		"--json now":               {`"now"`, "flags only"},
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

func TestWhoMayBringWebhooksFromOutsideIsInTheEnvironment(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	listening := demo.Flags{Listen: "127.0.0.1:8080"}
	read := func(flags demo.Flags, key, owners string) (demo.Door, error) {
		return demo.ReadDoor(flags, func(name string) string {
			return map[string]string{demo.SecretVariable: key, demo.OwnersVariable: owners}[name]
		})
	}
	for owners, want := range map[string][]string{"": nil, " , ": nil, "octo, hexa,": {"octo", "hexa", "mayfly-ci"}} {
		door, err := read(listening, key, owners)
		if diff := cmp.Diff(want, door.Owners); diff != "" || err != nil || !door.Secret.Equal(secret.New(key)) {
			t.Errorf("owners %q: error %v (-want +got):\n%s", owners, err, diff)
		}
	}
	for _, short := range []string{"", key[1:]} {
		_, err := read(listening, short, "")
		if err == nil || !strings.Contains(err.Error(), "MAYFLY_WEBHOOK_SECRET") || !strings.Contains(err.Error(), "openssl rand") || short != "" && strings.Contains(err.Error(), short) {
			t.Errorf("a secret of %d bytes: got %v, want an error with the variable and the remedy, and not the secret", len(short), err)
		}
	}
	if door, err := read(demo.Flags{}, "", "octo"); err != nil || door.Owners != nil {
		t.Errorf("a demo that does not listen: got %+v, %v, want nothing read", door, err)
	}
}
