//go:build image

package imagetest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// wrong are inputs that no image is built from: what is set, and what is said of it.
var wrong = []struct{ name, script, set, want string }{
	{"no source", "base.sh", "MAYFLY_SOURCE_AMI=", "MAYFLY_SOURCE_AMI is not set: set the id of the AMI"},
	{"a name for a source", "base.sh", "MAYFLY_SOURCE_AMI=ubuntu", `MAYFLY_SOURCE_AMI is "ubuntu": set the id of the AMI`},
	{"another system", "base.sh", "MAYFLY_OS=ubuntu24", `MAYFLY_OS is "ubuntu24", and this machine is debian12: start from an AMI of ubuntu24, or set MAYFLY_OS=debian12`},
	{"an unknown system", "base.sh", "MAYFLY_OS=windows", `MAYFLY_OS is "windows": set ubuntu22, ubuntu24 or ubuntu26`},
	{"an unknown architecture", "base.sh", "MAYFLY_ARCH=amd64", `MAYFLY_ARCH is "amd64": set x64 or arm64`},
	{"another architecture", "base.sh", "MAYFLY_ARCH=arm64", `MAYFLY_ARCH is "arm64", and this machine is x64: `},
	{"an unknown kind", "base.sh", "MAYFLY_KIND=large", `MAYFLY_KIND is "large": set minimal or full`},
	{"full without its commit", "base.sh", "MAYFLY_KIND=full", "MAYFLY_RUNNER_IMAGES_COMMIT is not set: set the commit of actions/runner-images, all 40 digits"},
	{"a branch for a commit", "base.sh", "MAYFLY_KIND=full MAYFLY_RUNNER_IMAGES_COMMIT=main", `MAYFLY_RUNNER_IMAGES_COMMIT is "main": set the commit`},
	{"a commit for minimal", "base.sh", "MAYFLY_RUNNER_IMAGES_COMMIT=main", `MAYFLY_RUNNER_IMAGES_COMMIT is "main", and MAYFLY_KIND is "minimal": only full has one`},
	{"a yes for true", "base.sh", "MAYFLY_GPU=yes", `MAYFLY_GPU is "yes": set true or false`},
	{"no driver", "base.sh", "MAYFLY_GPU=true", `MAYFLY_GPU is "true", and debian12 has no driver`},
	{"an unknown profile", "runner.sh", "MAYFLY_PROFILE=strict", `MAYFLY_PROFILE is "strict": set compat or hardened`},
	{"a v before the version", "runner.sh", "MAYFLY_RUNNER_VERSION=v2.329.0", `MAYFLY_RUNNER_VERSION is "v2.329.0": set the version of actions/runner, such as 2.329.0`},
	{"half a checksum", "runner.sh", "MAYFLY_RUNNER_SHA256=abc", `MAYFLY_RUNNER_SHA256 is "abc": set the SHA-256 of that release's tarball for linux-x64, 64 digits`},
	{"a wrong checksum", "runner.sh", "MAYFLY_RUNNER_SHA256=" + strings.Repeat("0", 64), `MAYFLY_RUNNER_SHA256 is "` + strings.Repeat("0", 64) + `", and what was fetched has `},
	{"no such day", "runner.sh", "MAYFLY_RUNNER_RELEASED=2026-13-01", `MAYFLY_RUNNER_RELEASED is "2026-13-01": set the day of that release as YYYY-MM-DD`},
	{"no such tarball", "runner.sh", "MAYFLY_RUNNER_TARBALL=/tmp/nothing", `MAYFLY_RUNNER_TARBALL is "/tmp/nothing", which cannot be read`},
	{"a machine with no runner is cleaned", "clean.sh", "", "/opt/mayfly/agent is not there: run runner.sh first"},
	{"no profile is cleaned", "clean.sh", "MAYFLY_PROFILE=", "MAYFLY_PROFILE is not set: set compat or hardened"},
	{"a machine with no runner has a manifest", "manifest.sh", "", "/opt/mayfly/agent is not there: run runner.sh first"},
	{"no commit in a manifest", "manifest.sh", "MAYFLY_COMMIT=HEAD", `MAYFLY_COMMIT is "HEAD": set the commit of these scripts`},
}

func TestWrongInputsAreToldAndNothingIsChanged(t *testing.T) {
	root, written := layered(t, base()...)
	digest := upload(t, root)
	before := everything(t, written)
	for _, w := range wrong {
		t.Run(w.name, func(t *testing.T) {
			_, err := script(t, root, w.script, append(inputs(t, assignment.Compat, digest), strings.Fields(w.set)...))
			if err == nil {
				t.Fatal("got no error, want that it fails")
			}
			vmtest.Has(t, "the error", err.Error(), w.script+": "+w.want)
			if after := everything(t, written); after != before {
				t.Errorf("it changed something:\n%s\nwas\n%s", after, before)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		_, err := script(t, root, "runner.sh", append(inputs(t, "strict", "abc"), "MAYFLY_OS="))
		for _, name := range []string{"MAYFLY_OS is not set", "MAYFLY_PROFILE is ", "MAYFLY_RUNNER_SHA256 is "} {
			vmtest.Has(t, "the error", err.Error(), name)
		}
	})
}

// everything is what was written to a root, but for where scripts are uploaded to.
func everything(t *testing.T, written string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "find", written, "-path", filepath.Join(written, "tmp"), "-prune", "-o", "-printf", "%P %T@ %s %m\n").Output()
	vmtest.Must(t, err)
	return string(output)
}
