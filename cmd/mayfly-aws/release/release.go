// Package release is GitHub's word on the releases of its runner: which is the newest, and what its archives' SHA-256s are.
package release

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// GitHub is where it tells of them. Source: docs.github.com, "REST API endpoints for releases".
const GitHub = "https://api.github.com/repos/actions/runner/releases/"

const (
	timeout  = 10 * time.Second // of the answer
	maxBytes = 4 << 20          // of it: it was some 60 KB
)

// Release is one of the runner's.
type Release struct {
	Version string                 // 2.334.0
	Day     string                 // when it was published: YYYY-MM-DD, UTC
	SHA256  map[runner.Arch]string // of its archives for Linux: 64 small hex digits
}

// Find asks for a release, by its number, or else for the newest. Where is [GitHub], with a slash at its end.
func Find(ctx context.Context, client *http.Client, where, version string) (Release, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	url := where + "latest"
	if version != "" {
		url = where + "tags/v" + version
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %s answers %s", url, answer.Status)
	}
	return read(io.LimitReader(answer.Body, maxBytes))
}

var (
	number = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	digest = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// read reads GitHub's answer: each file's SHA-256 is the digest that GitHub computed when it was uploaded.
func read(body io.Reader) (Release, error) {
	var told struct {
		Tag       string    `json:"tag_name"`
		Published time.Time `json:"published_at"`
		Assets    []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"assets"`
	}
	if err := json.NewDecoder(body).Decode(&told); err != nil {
		return Release{}, fmt.Errorf("read GitHub's runner releases: %w", err)
	}
	found := Release{
		Version: strings.TrimPrefix(told.Tag, "v"), Day: told.Published.UTC().Format(time.DateOnly), SHA256: map[runner.Arch]string{},
	}
	for _, asset := range told.Assets {
		for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
			if asset.Name == "actions-runner-linux-"+string(arch)+"-"+found.Version+".tar.gz" {
				found.SHA256[arch] = strings.TrimPrefix(asset.Digest, "sha256:")
			}
		}
	}
	if !number.MatchString(found.Version) || !digest.MatchString(found.SHA256[runner.X64]) || !digest.MatchString(found.SHA256[runner.ARM64]) {
		return Release{}, fmt.Errorf("read GitHub's runner releases: %q has no SHA-256 for linux-x64 and linux-arm64", told.Tag)
	}
	return found, nil
}
