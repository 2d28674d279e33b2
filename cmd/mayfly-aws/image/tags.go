package image

import "github.com/mayfly-ci/mayfly/pkg/runner"

// The tags of an AMI: all that Mayfly knows of it. The server reads those of pkg/runner.
const (
	tagImage      = runner.TagImage          // ubuntu24-minimal-x64; a base has none
	tagBase       = "mayfly:base"            // sha256:…, of all that a base is made from; nothing but a base has one
	tagProfile    = "mayfly:profile"         // compat or hardened
	tagVersion    = "mayfly:runner-version"  // 2.329.0
	tagReleased   = runner.TagRunnerReleased // YYYY-MM-DD
	tagManifest   = runner.TagManifest       // sha256:…, of the file that tells what is in it
	tagVerified   = "mayfly:verified"        // when it passed its checks, RFC 3339
	tagFailed     = "mayfly:failed"          // when it did not
	tagPromoted   = runner.TagPromoted       // since when servers launch it; the latest is the one that they do launch
	tagRolledBack = "mayfly:rolled-back"     // when another took its place again
)
