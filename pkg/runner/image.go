package runner

import "time"

// The tags that our build of an image writes on it.
const (
	TagImage          = "mayfly:image"           // what the image is called: ubuntu24-minimal-x64
	TagPromoted       = "mayfly:promoted"        // since when it is the one to launch: a time of RFC 3339
	TagRunnerReleased = "mayfly:runner-released" // when GitHub released the runner that is on it: 2026-01-02
	TagManifest       = "mayfly:manifest"        // the digest of what it was made from: sha256:…
)

// Image is a machine image, and what it runs on.
type Image struct {
	ID   string `json:"id"` // ami-…
	Arch Arch   `json:"arch"`
	// Promoted is when it was last made the one to launch, UTC; zero if it is none of our build's.
	Promoted time.Time `json:"promoted,omitzero"`
	// Since is from when its age counts, UTC: when its runner was released, or else it was made. Zero is no age, as
	// where each instance fetches its runner.
	Since time.Time `json:"since,omitzero"`
}

// Days is how old the image is at a moment; 0 is no age.
func (i Image) Days(now time.Time) int {
	if i.Since.IsZero() {
		return 0
	}
	return max(0, int(now.Sub(i.Since)/(24*time.Hour)))
}
