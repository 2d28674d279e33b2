//go:build vm || image

package vmtest

import (
	"os"
	"os/exec"
	"path/filepath"
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

// Lay writes files and symbolic links into a root, by their paths in it; the mode of a .sh is 0755, of any other 0644.
func Lay(t *testing.T, root string, files, links map[string]string) {
	t.Helper()
	for path, text := range files {
		mode := os.FileMode(0o644)
		if filepath.Ext(path) == ".sh" {
			mode = 0o755
		}
		path = filepath.Join(root, path)
		Must(t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // as in any root file system
		Must(t, os.WriteFile(path, []byte(text), mode))
	}
	for path, to := range links {
		Run(t, "ln", "-sfn", to, filepath.Join(root, path))
	}
}

// Take takes what patterns find out of a root. Each has to find something.
func Take(t *testing.T, root string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		Must(t, err)
		if len(paths) == 0 {
			t.Fatalf("take %s out of the image: there is none", pattern)
		}
		Run(t, "rm", append([]string{"-rf"}, paths...)...)
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
