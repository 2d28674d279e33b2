package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Release is a release of GitHub's runner, for images that have none.
type Release struct {
	Version              string
	SHA256X64, SHA256Arm string
	// Trouble says why GitHub could not be asked for the newest, and this is the one that we know.
	Trouble error
}

// known is for where GitHub cannot be asked. An old runner updates itself before its job, which takes half a minute.
// Source: github.com/actions/runner/releases/tag/v2.338.0, the notes' SHA-256 of linux-x64 and linux-arm64.
var known = Release{
	Version:   "2.338.0",
	SHA256X64: "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32",
	SHA256Arm: "628b4a7258487b80c1d3c221095a7ded349f5ae0175fd3dfab708d07428f041b",
}

const (
	releases = "https://api.github.com/repos/actions/runner/releases/"
	// releaseFor is how long GitHub has to answer.
	releaseFor = 10 * time.Second
	// releaseBytes is more than the answer ever was: some 60 KB.
	releaseBytes = 4 << 20
)

// release asks GitHub for a release of its runner: by its number, or else the newest.
func release(ctx context.Context, client *http.Client, version string) (Release, error) {
	ctx, cancel := context.WithTimeout(ctx, releaseFor)
	defer cancel()
	which := "latest"
	if version != "" {
		which = "tags/v" + version
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, releases+which, http.NoBody)
	if err != nil {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return Release{}, fmt.Errorf("ask GitHub for its runner: %s answers %s", releases+which, answer.Status)
	}
	return readRelease(io.LimitReader(answer.Body, releaseBytes))
}

// readRelease reads what GitHub tells of a release: each file's SHA-256 is the digest that GitHub computed when it was
// uploaded. Source: docs.github.com, REST API, "Releases".
func readRelease(body io.Reader) (Release, error) {
	var told struct {
		TagName string `json:"tag_name"`
		Assets  []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"assets"`
	}
	if err := json.NewDecoder(body).Decode(&told); err != nil {
		return Release{}, fmt.Errorf("read GitHub's runner releases: %w", err)
	}
	found := Release{Version: strings.TrimPrefix(told.TagName, "v")}
	for _, asset := range told.Assets {
		digest := strings.TrimPrefix(asset.Digest, "sha256:")
		switch asset.Name {
		case "actions-runner-linux-x64-" + found.Version + ".tar.gz":
			found.SHA256X64 = digest
		case "actions-runner-linux-arm64-" + found.Version + ".tar.gz":
			found.SHA256Arm = digest
		}
	}
	if found.SHA256X64 == "" || found.SHA256Arm == "" {
		return Release{}, fmt.Errorf("read GitHub's runner releases: %q has no SHA-256 for linux-x64 and linux-arm64", told.TagName)
	}
	return found, nil
}

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
