package image

import (
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Name is an image that there are templates for.
type Name struct {
	OS   string // ubuntu24
	Kind string // minimal, full or gpu
	Arch runner.Arch
}

// Names are all images that there are templates for. Those with a GPU are for x64 alone: most of EC2's have such a processor.
func Names() []Name {
	var all []Name
	for _, os := range []string{"ubuntu22", "ubuntu24", "ubuntu26"} {
		for _, kind := range []string{"minimal", "full", gpu} {
			for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
				if kind != gpu || arch == runner.X64 {
					all = append(all, Name{os, kind, arch})
				}
			}
		}
	}
	return all
}

const gpu = "gpu"

// String is as images are named in AMIs and tags: ubuntu24-minimal-x64.
func (n Name) String() string { return n.OS + "-" + n.Kind + "-" + string(n.Arch) }

// parseName reads the name of an image. Its error says which was meant.
func parseName(text string) (Name, error) {
	all := Names()
	at := slices.IndexFunc(all, func(n Name) bool { return n.String() == text })
	switch {
	case at >= 0:
		return all[at], nil
	case text == "":
		return Name{}, misused("--image is empty: say one of %s", listed(texts(all)))
	}
	return Name{}, misused("--image is %q, for which there is no template%s", text, meant(text, texts(all)))
}

func texts(names []Name) []string {
	var all []string
	for _, name := range names {
		all = append(all, name.String())
	}
	return all
}

func listed(words []string) string { return strings.Join(words, ", ") }

// canonical is how Canonical names its images of a system, and the account that they are of.
// Source: documentation.ubuntu.com/aws, "Find Ubuntu images on AWS".
func (n Name) canonical() string {
	release := map[string]string{
		"ubuntu22": "hvm-ssd/ubuntu-jammy-22.04", "ubuntu24": "hvm-ssd-gp3/ubuntu-noble-24.04", "ubuntu26": "hvm-ssd-gp3/ubuntu-resolute-26.04",
	}[n.OS]
	arch := map[runner.Arch]string{runner.X64: "amd64", runner.ARM64: "arm64"}[n.Arch]
	return "099720109477/ubuntu/images/" + release + "-" + arch + "-server-*"
}
