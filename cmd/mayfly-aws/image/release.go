package image

import (
	"cmp"
	"context"
	"fmt"

	runnerrelease "github.com/mayfly-ci/mayfly/cmd/mayfly-aws/release"
	"github.com/mayfly-ci/mayfly/pkg/outbound"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// findRunner is the release of GitHub's runner to build with: the newest, unless another is asked for, which has to be as
// GitHub tells it. Where GitHub cannot be asked, the build sees for itself whether what it fetches has the SHA-256.
func (b *builder) findRunner(ctx context.Context) error {
	asked := b.in.runner
	if asked == (release{}) {
		found, err := b.askRelease(ctx, "", b.in.name.Arch)
		if err != nil {
			return fmt.Errorf("the newest runner: %w: say --runner-version, --runner-sha256 and --runner-released, from https://github.com/actions/runner/releases", err)
		}
		b.in.runner = found
		return nil
	}
	told, err := b.askRelease(ctx, asked.version, b.in.name.Arch)
	switch {
	case err != nil:
		b.tell("runner %s is not compared with what GitHub tells: %v", asked.version, err)
	case told.sha256 != asked.sha256:
		return misused("--runner-sha256 is %s, and GitHub says that runner %s for %s has %s: say that one, or another version", asked.sha256, asked.version, b.in.name.Arch, told.sha256)
	case told.released != asked.released:
		return misused("--runner-released is %s, and GitHub says that runner %s is of %s: say that day", asked.released, asked.version, told.released)
	}
	return nil
}

func (a App) askRelease(ctx context.Context, version string, arch runner.Arch) (release, error) {
	client, err := outbound.New(outbound.Config{})
	if err != nil {
		return release{}, err
	}
	found, err := runnerrelease.Find(ctx, client, cmp.Or(a.Releases, runnerrelease.GitHub), version)
	return release{version: found.Version, sha256: found.SHA256[arch], released: found.Day}, err
}
