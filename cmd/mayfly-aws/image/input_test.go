package image

import (
	"errors"
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
)

const (
	digest   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	upstream = "0123456789abcdef0123456789abcdef01234567"
)

func noEnvironment(string) string { return "" }

// flagsWith is a command line that is right, with something changed; what is changed to - is left out.
func flagsWith(changes map[string]string) []string {
	all := map[string]string{
		"image": "ubuntu24-minimal-x64", "region": "eu-west-1", "source-ami": "ami-0123456789abcdef0", "ssh-cidr": "203.0.113.7/32",
	}
	maps.Copy(all, changes)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "-" {
			args = append(args, "--"+name+"="+all[name])
		}
	}
	return args
}

func TestABuildIsAskedForInFlags(t *testing.T) {
	got, err := parseBuild(flagsWith(map[string]string{
		"region": "-", "image": "ubuntu26-full-arm64", "profile": "hardened", "source-ami": "099720109477/ubuntu/images/a-*", "runner-images-commit": upstream,
		"runner-version": "2.329.0", "runner-sha256": digest, "runner-released": "2026-11-05", "subnet": "subnet-1", "dry-run": "true",
	}), func(name string) string { return map[string]string{"AWS_DEFAULT_REGION": "eu-central-1"}[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := input{
		name: Name{"ubuntu26", "full", "arm64"}, profile: "hardened", region: "eu-central-1", owner: "099720109477", source: "ubuntu/images/a-*",
		runner: release{"2.329.0", digest, "2026-11-05"}, upstream: upstream, sshCIDR: "203.0.113.7/32", subnet: "subnet-1", templates: "packer", dryRun: true,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(input{}, release{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsWrongWithABuildIsToldBeforeAnythingStarts(t *testing.T) {
	for name, test := range map[string]struct {
		flags map[string]string
		want  string
	}{
		"no image":         {map[string]string{"image": "-"}, "--image is empty: say one of ubuntu22-minimal-x64, "},
		"image":            {map[string]string{"image": "ubuntu24-minmal-x64"}, `did you mean "ubuntu24-minimal-x64"?`},
		"architecture":     {map[string]string{"image": "ubuntu24-minimal-x86"}, `did you mean "ubuntu24-minimal-x64"?`},
		"another's":        {map[string]string{"image": "windows"}, `--image is "windows", for which there is no template: there are ubuntu22-minimal-x64, `},
		"gpu of arm":       {map[string]string{"image": "ubuntu24-gpu-arm64"}, "for which there is no template"},
		"profile":          {map[string]string{"profile": "hardned"}, `--profile is "hardned", which is none: did you mean "hardened"?`},
		"no region":        {map[string]string{"region": "-"}, "--region is empty: say where, as in --region eu-west-1"},
		"region":           {map[string]string{"region": "europe"}, `--region is "europe", which is no region`},
		"no source":        {map[string]string{"source-ami": "-"}, "--source-ami '099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*'"},
		"nobody's source":  {map[string]string{"source-ami": "ubuntu-24"}, "without the owner a stranger's image"},
		"a short owner":    {map[string]string{"source-ami": "canonical/ubuntu-24"}, "12 digits"},
		"an id too short":  {map[string]string{"source-ami": "ami-12"}, "use an AMI's id"},
		"no addresses":     {map[string]string{"ssh-cidr": "-"}, "--ssh-cidr is empty: say which addresses Packer comes from"},
		"everybody":        {map[string]string{"ssh-cidr": "0.0.0.0/0"}, "which is everybody"},
		"everybody's IPv6": {map[string]string{"ssh-cidr": "::/0"}, "which is everybody"},
		"an address":       {map[string]string{"ssh-cidr": "203.0.113.7"}, "no range of addresses: say one like 203.0.113.7/32"},
		"full unpinned":    {map[string]string{"image": "ubuntu24-full-x64"}, "--runner-images-commit is empty: a full image is made by GitHub's scripts"},
		"full of a branch": {map[string]string{"image": "ubuntu24-full-x64", "runner-images-commit": "main"}, `is "main": say all 40 hex digits`},
		"commit for none":  {map[string]string{"runner-images-commit": upstream}, "ubuntu24-minimal-x64 is none: leave it out"},
		"half a runner":    {map[string]string{"runner-version": "2.329.0"}, `--runner-sha256 is ""`},
		"checksum":         {map[string]string{"runner-version": "2.329.0", "runner-released": "2026-11-05", "runner-sha256": "sha256:" + digest}, "say the 64 small hex digits that the release's page has for actions-runner-linux-x64"},
		"day":              {map[string]string{"runner-version": "2.329.0", "runner-released": "5.11.2026", "runner-sha256": digest}, `--runner-released is "5.11.2026"`},
		"version":          {map[string]string{"runner-version": "latest", "runner-released": "2026-11-05", "runner-sha256": digest}, "leave out all three"},
		"a flag":           {map[string]string{"profil": "compat"}, `not defined: -profil: did you mean "profile"?`},
		"an argument":      {map[string]string{"dry-run": "x"}, "dry-run"},
	} {
		_, err := parseBuild(flagsWith(test.flags), noEnvironment)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
		if console.Exit(err) != console.ExitUsage {
			t.Errorf("%s: it is none of the command line's errors, which exit with 2", name)
		}
	}
}

func TestEverythingThatIsWrongIsToldTogether(t *testing.T) {
	_, err := parseBuild(nil, noEnvironment)
	for _, want := range []string{"--image", "--region", "--source-ami", "--ssh-cidr"} {
		if err == nil || !strings.Contains(err.Error(), want+" is empty") {
			t.Errorf("got %v, want that %s is empty", err, want)
		}
	}
	if _, err := parseBuild([]string{"--help"}, noEnvironment); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: got %v", err)
	}
	if _, err := parseBuild(append(flagsWith(nil), "more"), noEnvironment); err == nil || !strings.Contains(err.Error(), `takes no "more"`) {
		t.Errorf("an argument too many: got %v", err)
	}
}

func TestEveryImageHasItsNameAndItsSource(t *testing.T) {
	for _, name := range Names() {
		got, err := parseName(name.String())
		if err != nil || got != name {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if source := name.canonical(); !strings.HasPrefix(source, "099720109477/ubuntu/images/hvm-ssd") || strings.Contains(source, "--") {
			t.Errorf("%s: its source is %s", name, source)
		}
	}
	if got, want := len(Names()), 3*2*2+3; got != want {
		t.Errorf("got %d images, want %d", got, want)
	}
}
