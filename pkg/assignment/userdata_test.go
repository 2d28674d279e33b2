package assignment_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

var (
	digest   = strings.Repeat("0123456789abcdef", 4)
	userData = assignment.UserData{
		Version: assignment.Version, Bucket: "control", RoleID: "AROA1", S3Endpoint: "http://127.0.0.1:1",
		RunnerCommand: []string{"/opt/runner/run.sh"}, PowerOff: []string{"systemctl", "poweroff"},
		Profile: assignment.Hardened, Door: assignment.DoorOff, Agent: assignment.Digests{AMD64: digest, ARM64: digest},
		Runner: assignment.Downloads{
			AMD64: assignment.Download{URL: "https://github.example/x64.tar.gz", SHA256: digest},
			ARM64: assignment.Download{URL: "https://github.example/arm64.tar.gz", SHA256: digest},
		},
		LogGroup: "/mayfly/ci", TelemetryURL: "https://telemetry.example/", SSH: true,
	}
)

func encoded(t *testing.T, u assignment.UserData) []byte {
	t.Helper()
	body, err := assignment.EncodeUserData(u)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func scripted(t *testing.T, u assignment.UserData) []byte {
	t.Helper()
	script, err := assignment.Script(encoded(t, u))
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestUserDataArrivesAsItWasSent(t *testing.T) {
	for name, body := range map[string][]byte{"JSON": encoded(t, userData), "script": scripted(t, userData)} {
		got, err := assignment.DecodeUserData(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(userData, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheScriptIsOneForBashAndForCloudFormation(t *testing.T) {
	script := scripted(t, userData)
	if want := append([]byte("#!/bin/bash\n# mayfly "), encoded(t, userData)...); !bytes.HasPrefix(script, append(want, '\n')) {
		t.Errorf("it begins with\n%.200s\nwant\n%s", script, want)
	}
	if bytes.Contains(script, []byte("${")) {
		t.Error("it has a ${, which Fn::Sub would fill in")
	}
	for body, want := range map[string]string{
		"{\n}": "of several lines", `{"x":"` + strings.Repeat("x", assignment.MaxUserData) + `"}`: "EC2 takes 16384",
	} {
		if _, err := assignment.Script([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want an error with %q", body, err, want)
		}
	}
}

func TestAMachineWithAProfileHasADoor(t *testing.T) {
	for profile, want := range map[assignment.Profile]assignment.Door{
		assignment.Bare: "", assignment.Compat: assignment.DoorAgent, assignment.Hardened: assignment.DoorAgent,
	} {
		u := assignment.UserData{Bucket: "b", RoleID: "A", RunnerCommand: []string{"/x"}, Profile: profile}
		if got, err := assignment.DecodeUserData(encoded(t, u)); err != nil || got.Door != want {
			t.Errorf("profile %q: got door %q, %v, want %q", profile, got.Door, err, want)
		}
	}
}

func TestTheRunnerIsThatOfTheArchitecture(t *testing.T) {
	for arch, want := range map[string]assignment.Download{
		"amd64": userData.Runner.AMD64, "arm64": userData.Runner.ARM64, "riscv64": {},
	} {
		if got := userData.Runner.For(arch); got != want {
			t.Errorf("%s: got %+v, want %+v", arch, got, want)
		}
	}
}

func TestUserDataThatIsWrongIsRefusedByTheFieldsName(t *testing.T) {
	for name, test := range map[string]struct {
		field string
		value any
		want  string
	}{
		"version":           {"version", 3, "version is 3"},
		"unknown":           {"surprise", 1, "does not know"},
		"no bucket":         {"bucket", "", "bucket is empty"},
		"no role":           {"role_id", "", "role_id is empty"},
		"no command":        {"runner_command", nil, "runner_command is empty"},
		"a command's type":  {"runner_command", "x", "runner_command"},
		"a command's place": {"runner_command", []string{"run.sh"}, `runner_command begins with "run.sh"`},
		"profile":           {"profile", "safe", `profile is "safe": use "compat" or "hardened"`},
		"door":              {"door", "ajar", `door is "ajar": use "agent", "off" or "open"`},
		"door without":      {"profile", "", "door or ssh is set and profile is not"},
		"agent's digest":    {"agent", map[string]string{"arm64": "ABC"}, `agent.arm64 is "ABC"`},
		"agent's arch":      {"agent", map[string]string{"riscv64": digest}, "does not know"},
		"runner's URL":      {"runner", map[string]any{"amd64": map[string]string{"url": "http://x", "sha256": digest}}, "runner.amd64.url is"},
		"runner's digest":   {"runner", map[string]any{"arm64": map[string]string{"url": "https://x"}}, `runner.arm64.sha256 is ""`},
		"log group":         {"log_group", "a b", `log_group is "a b"`},
		"ssh's type":        {"ssh", "yes", "ssh"},
		"a try of nothing":  {"test_boot", true, "test_boot is set and profile is not"},
	} {
		fields := map[string]any{}
		if err := json.Unmarshal(encoded(t, userData), &fields); err != nil {
			t.Fatal(err)
		}
		fields[test.field] = test.value
		if test.field == "test_boot" {
			delete(fields, "profile")
		}
		body, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := assignment.DecodeUserData(body); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestUserDataThatIsNoneOfOursIsRefused(t *testing.T) {
	for body, want := range map[string]string{
		"":                                      "JSON object",
		"{":                                     "JSON object",
		"#!/bin/sh\n":                           `0 lines begin with "# mayfly "`,
		"#!/bin/sh\n# mayfly {\n":               "JSON object",
		"#!/bin/sh\n echo # mayfly":             "0 lines begin",
		"#!/bin/sh\n# mayfly {}\n# mayfly {}\n": "2 lines begin",
		strings.Repeat(" ", assignment.MaxUserData) + "{}": "too many",
	} {
		if _, err := assignment.DecodeUserData([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want an error with %q", body, err, want)
		}
	}
}

func FuzzDecodeUserData(f *testing.F) {
	f.Add([]byte("#!/bin/bash\n# mayfly {\"version\":1}\n"))
	f.Add([]byte(`{"version":1,"bucket":"b","role_id":"A","runner_command":["x"],"profile":"compat"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := assignment.DecodeUserData(body)
		if err != nil {
			return
		}
		again, err := assignment.DecodeUserData(encoded(t, got))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%q: got %+v and then %+v, %v", body, got, again, err)
		}
	})
}
