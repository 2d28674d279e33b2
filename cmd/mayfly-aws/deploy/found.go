package deploy

import (
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// Found is what there is, before anything is done. A plan is made of it, and of the flags, alone.
type Found struct {
	Account, Region, Registry string
	Around                    instance.Region
	Quotas                    map[account.Quota]Granted
	AppRunner                 bool  // the account has App Runner
	AppRunnerTrouble          error // why that could not be found out
	Stack                     *stack.Stack
	Bucket                    bool // the artifact bucket is there
	Template                  bool // and has the template
	Zip, AgentX64, AgentArm64 Artifact
	Release                   Release
}

// Granted is how much of something the account may have.
type Granted struct {
	Value   float64
	Trouble error // why it is not known
}

// Artifact is a file that the stack needs in a bucket.
type Artifact struct {
	Path, SHA256 string
	Bytes        int64
	There        bool // in its bucket already
}

// exists says whether there is a stack to be updated.
func (f Found) exists() bool { return f.Stack != nil && !f.Stack.Empty() }

// before are the parameters that the stack has.
func (f Found) before() map[string]string {
	if !f.exists() {
		return nil
	}
	return f.Stack.Parameters
}

// artifactBucket is where the zip and the template go: what was said, or where they were before, or else a bucket of the
// account and region that all stacks share.
func artifactBucket(flags Flags, before map[string]string, id, region string) string {
	if name := flags.Parameters["ArtifactBucket"]; name != "" {
		return name
	}
	if name := before["ArtifactBucket"]; name != "" {
		return name
	}
	return "mayfly-artifacts-" + id + "-" + region
}
