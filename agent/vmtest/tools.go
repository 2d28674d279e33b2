//go:build vm || image

package vmtest

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// UserData is what every image is told. On those of ours, which have no cloud-init, the agent reads it itself.
func UserData(t *testing.T, profile assignment.Profile) []byte {
	t.Helper()
	document, err := assignment.EncodeUserData(assignment.UserData{
		Bucket: bucketName, RoleID: roleID, S3Endpoint: "http://" + s3At,
		RunnerCommand: []string{"/opt/actions-runner/run.sh"}, PowerOff: []string{"systemctl", "poweroff"}, Profile: profile,
	})
	Must(t, err)
	script, err := assignment.Script(document)
	Must(t, err)
	return script
}

// Run runs a program that has to end well.
func Run(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, output)
	}
}

// Must ends the test, if there is an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Has says what is missing in a text.
func Has(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got\n%s\nwant in it\n%s", what, got, want)
	}
}
