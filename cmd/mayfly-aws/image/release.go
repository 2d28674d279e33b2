package image

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/outbound"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// releases tells of the runner's releases: latest, or tags/v2.329.0. Source: docs.github.com, "REST API endpoints for releases".
const releases = "https://api.github.com/repos/actions/runner/releases/"

const (
	releaseTimeout = 20 * time.Second
	releaseLimit   = 1 << 20 // bytes of an answer; there are some 30 KB
)

// findRunner is the release of GitHub's runner to build with: the newest, unless another is asked for, which has to be as
// GitHub tells it. Where GitHub cannot be asked, the build sees for itself whether what it fetches has the SHA-256.
func (b *builder) findRunner(ctx context.Context) error {
	asked := b.in.runner
	if asked == (release{}) {
		found, err := b.askRelease(ctx, "latest", b.in.name.Arch)
		if err != nil {
			return fmt.Errorf("the newest runner: %w: say --runner-version, --runner-sha256 and --runner-released, from https://github.com/actions/runner/releases", err)
		}
		b.in.runner = found
		return nil
	}
	told, err := b.askRelease(ctx, "tags/v"+asked.version, b.in.name.Arch)
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

func (a App) askRelease(ctx context.Context, which string, arch runner.Arch) (release, error) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	client, err := outbound.New(outbound.Config{})
	if err != nil {
		return release{}, err
	}
	url := cmp.Or(a.Releases, releases) + which
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return release{}, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return release{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return release{}, fmt.Errorf("%s answers %s", url, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, releaseLimit))
	if err != nil {
		return release{}, err
	}
	return readRelease(body, arch)
}

// readRelease reads what GitHub says of a release.
func readRelease(body []byte, arch runner.Arch) (release, error) {
	var told struct {
		Tag       string    `json:"tag_name"`
		Published time.Time `json:"published_at"`
		Assets    []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"assets"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return release{}, fmt.Errorf("GitHub's answer: %w", err)
	}
	found := release{version: strings.TrimPrefix(told.Tag, "v"), released: told.Published.UTC().Format(time.DateOnly)}
	archive := "actions-runner-linux-" + string(arch) + "-" + found.version + ".tar.gz"
	for _, asset := range told.Assets {
		if asset.Name == archive {
			found.sha256 = strings.TrimPrefix(asset.Digest, "sha256:")
		}
	}
	if !runnerForm.MatchString(found.version) || !digestForm.MatchString(found.sha256) {
		return release{}, fmt.Errorf("release %q tells no SHA-256 of %s", told.Tag, archive)
	}
	return found, nil
}
