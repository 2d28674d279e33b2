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

// newestRunner tells the newest release. Source: docs.github.com, "REST API endpoints for releases".
const newestRunner = "https://api.github.com/repos/actions/runner/releases/latest"

const (
	releaseTimeout = 20 * time.Second
	releaseLimit   = 1 << 20 // bytes of an answer; there are some 30 KB
)

// newest is the newest release of GitHub's runner for an architecture.
func (a App) newest(ctx context.Context, arch runner.Arch) (release, error) {
	client, err := outbound.New(outbound.Config{})
	if err != nil {
		return release{}, err
	}
	found, err := askRelease(ctx, client, cmp.Or(a.Releases, newestRunner), arch)
	if err != nil {
		return release{}, fmt.Errorf("the newest runner: %w: say --runner-version, --runner-sha256 and --runner-released, from https://github.com/actions/runner/releases", err)
	}
	return found, nil
}

func askRelease(ctx context.Context, client *http.Client, url string, arch runner.Arch) (release, error) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
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
