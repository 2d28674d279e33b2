package deploy

import (
	"fmt"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/release"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Release is a release of GitHub's runner, for images that have none.
type Release struct {
	release.Release
	// Trouble says why GitHub could not be asked for the newest, and this is the one that we know.
	Trouble error
}

// known is for where GitHub cannot be asked. An old runner updates itself before its job, which takes half a minute.
// Source: github.com/actions/runner/releases/tag/v2.338.0, the notes' SHA-256 of linux-x64 and linux-arm64.
var known = release.Release{Version: "2.338.0", SHA256: map[runner.Arch]string{
	runner.X64:   "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32",
	runner.ARM64: "628b4a7258487b80c1d3c221095a7ded349f5ae0175fd3dfab708d07428f041b",
}}

// newer says whether a release's number is higher than another's, both as 2.334.0.
func newer(a, b string) bool {
	var x, y [3]int
	_, _ = fmt.Sscanf(a, "%d.%d.%d", &x[0], &x[1], &x[2])
	_, _ = fmt.Sscanf(b, "%d.%d.%d", &y[0], &y[1], &y[2])
	for i := range x {
		if x[i] != y[i] {
			return x[i] > y[i]
		}
	}
	return false
}
