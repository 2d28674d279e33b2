package cloudformation_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

func TestTheAgentTakesItsUserData(t *testing.T) {
	each(t, func(t *testing.T, parameters map[string]string, made template.Stack) {
		for _, name := range made.Of("AWS::EC2::LaunchTemplate") {
			encoded := at(made.Resources[name].Properties, "LaunchTemplateData", "UserData").(string)
			got, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			told, err := assignment.DecodeUserData(got)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := assignment.Profile(orElse(parameters["RunnerProfile"], "compat")); told.Profile != want {
				t.Errorf("%s: profile: got %q, want %q", name, told.Profile, want)
			}
			if want := assignment.Door(orElse(parameters["ImdsMode"], "agent")); told.Door != want {
				t.Errorf("%s: door: got %q, want %q", name, told.Door, want)
			}
			if told.Bucket != "ci-controlbucket" || told.RoleID != template.RoleID || told.SSH != (parameters["SSHAllowed"] == "true") {
				t.Errorf("%s: got bucket %q, role %q, ssh %v, want those of the stack", name, told.Bucket, told.RoleID, told.SSH)
			}
			if got, want := told.Runner.ARM64.SHA256, parameters["RunnerSha256Arm64"]; got != want {
				t.Errorf("%s: the runner's SHA-256: got %q, want %q", name, got, want)
			}
		}
	})
}

func TestAStackTellsItsAgentsOfDockerAndTelemetry(t *testing.T) {
	made := stack(t, map[string]string{
		"RunnerProfile": "hardened", "TelemetryUrl": "https://telemetry.example.com/v1?stack=ci",
		"DockerPolicy": `{"socket":true,"builds":false,"images":["ghcr.io/octo/*","debian:*"],"max_memory":4294967296,"max_cpus":1.5,"max_pids":512}`,
	})
	want := assignment.Docker{Socket: true, Images: []string{"ghcr.io/octo/*", "debian:*"}, MaxMemory: 4 << 30, MaxCPUs: 1.5, MaxPIDs: 512}
	for _, name := range made.Of("AWS::EC2::LaunchTemplate") {
		got, err := base64.StdEncoding.DecodeString(at(made.Resources[name].Properties, "LaunchTemplateData", "UserData").(string))
		if err != nil {
			t.Fatal(err)
		}
		told, err := assignment.DecodeUserData(got)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, told.Docker); diff != "" || told.TelemetryURL != "https://telemetry.example.com/v1?stack=ci" {
			t.Errorf("%s: telemetry goes to %q, Docker -want +got:\n%s", name, told.TelemetryURL, diff)
		}
	}
}

func orElse(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

func TestTheScriptIsTheAgents(t *testing.T) {
	encoded := at(stack(t, nil).Resources["TemplateX64"].Properties, "LaunchTemplateData", "UserData").(string)
	got, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := bytes.Cut(got, []byte("# mayfly "))
	document, _, _ := bytes.Cut(line, []byte("\n"))
	want, err := assignment.Script(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("pkg/assignment/userdata.sh changed, and the template did not follow, -script +template:\n%s", diff)
	}
}
