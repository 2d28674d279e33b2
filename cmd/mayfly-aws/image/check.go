package image

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

var (
	regionForm = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	amiForm    = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	ownerForm  = regexp.MustCompile(`^(self|[0-9]{12})$`)
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
	runnerForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

func checkRegion(region string) error {
	switch {
	case region == "":
		return misused("--region is empty: say where, as in --region eu-west-1, or set AWS_REGION")
	case !regionForm.MatchString(region):
		return misused("--region is %q, which is no region of AWS: say one like eu-west-1", region)
	}
	return nil
}

func (in input) checkPlace() error {
	cidr, err := netip.ParsePrefix(in.sshCIDR)
	switch {
	case in.sshCIDR == "":
		err = misused("--ssh-cidr is empty: say which addresses Packer comes from, as in --ssh-cidr=$(curl -s https://checkip.amazonaws.com)/32")
	case err != nil:
		err = misused("--ssh-cidr is %q, which is no range of addresses: say one like 203.0.113.7/32", in.sshCIDR)
	case cidr.Bits() == 0:
		err = misused("--ssh-cidr is %q, which is everybody: say your own addresses, as in --ssh-cidr=$(curl -s https://checkip.amazonaws.com)/32", in.sshCIDR)
	}
	return errors.Join(checkRegion(in.region), err)
}

// sourceOf splits owner/name. The name may have slashes, and Canonical's have.
func sourceOf(text string) (owner, source string) {
	if amiForm.MatchString(text) {
		return "", text
	}
	owner, source, _ = strings.Cut(text, "/")
	return owner, source
}

func (in input) checkSource(text string) error {
	switch {
	case text == "" && in.name != Name{}:
		return misused("--source-ami is empty: say what to make %s from, as in --source-ami '%s', or an AMI's id", in.name, in.name.canonical())
	case text == "":
		return misused("--source-ami is empty: say what to make the image from, ami-… or OWNER/NAME")
	case in.owner == "" && in.source == text, ownerForm.MatchString(in.owner) && in.source != "":
		return nil
	}
	return misused("--source-ami is %q: use an AMI's id, ami-…, or OWNER/NAME, with the 12 digits of an account or self, for without the owner a stranger's image of the same name would do", text)
}

func (in input) checkProfile() error {
	profiles := []string{string(assignment.Compat), string(assignment.Hardened)}
	if !slices.Contains(profiles, string(in.profile)) {
		return misused("--profile is %q, which is none%s", in.profile, meant(string(in.profile), profiles))
	}
	return nil
}

func (in input) checkRunner() error {
	r := in.runner
	if r == (release{}) {
		return nil
	}
	var problems []error
	if !runnerForm.MatchString(r.version) {
		problems = append(problems, misused("--runner-version is %q: say one like 2.329.0, or leave out all three of --runner-… for the newest", r.version))
	}
	if !digestForm.MatchString(r.sha256) {
		problems = append(problems, misused("--runner-sha256 is %q: say the 64 small hex digits that the release's page has for actions-runner-linux-%s", r.sha256, in.name.Arch))
	}
	if _, err := time.Parse(time.DateOnly, r.released); err != nil {
		problems = append(problems, misused("--runner-released is %q: say the day of the release, as in 2026-11-05", r.released))
	}
	return errors.Join(problems...)
}

func (in input) checkUpstream() error {
	full := in.name.Kind == "full"
	switch {
	case full && in.upstream == "":
		return misused("--runner-images-commit is empty: a full image is made by GitHub's scripts, so say which commit of github.com/actions/runner-images")
	case in.upstream != "" && !commitForm.MatchString(in.upstream):
		return misused("--runner-images-commit is %q: say all 40 hex digits of a commit, for a branch would be another one tomorrow", in.upstream)
	case in.upstream != "" && !full && in.name != Name{}:
		return misused("--runner-images-commit is for full images, and %s is none: leave it out", in.name)
	}
	return nil
}
