package image

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

func TestABuildMakesABaseAndARunnerAndTriesIt(t *testing.T) {
	s := newSite(t, "")
	if code := s.build(t.Context(), t, map[string]string{"profile": "hardened"}); code != 0 {
		t.Fatalf("got %d: %s%s", code, &s.out, &s.err)
	}
	want := []string{
		"init", "base from ami-0123456789abcdef0 of ami-0123456789abcdef0 runner 2.330.0", "runner from ami-base of ami-0123456789abcdef0 runner 2.330.0",
	}
	if diff := cmp.Diff(want, s.calls(t)); diff != "" {
		t.Errorf("Packer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		"source /ami-0123456789abcdef0", "tag ami-runner " + tagManifest, "boot ami-runner", "end i-1", "tag ami-runner " + tagVerified,
	}, s.did); diff != "" {
		t.Errorf("EC2 (-want +got):\n%s", diff)
	}
	if s.booted.WorkGiB == 0 || !strings.Contains(string(s.booted.UserData), `"test_boot":true`) || !strings.Contains(string(s.booted.UserData), `"profile":"hardened"`) {
		t.Errorf("the test boot: got %+v, %s", s.booted, s.booted.UserData)
	}
	if text, err := os.ReadFile("mayfly-hardened-" + minimal + "-20261121120000.manifest.json"); err != nil || string(text) != "{\"of\":\"runner\"}\n" {
		t.Errorf("the manifest: got %q, %v", text, err)
	}
	payload, _ := os.ReadFile("payload")
	for _, want := range []string{"agent\n", "scripts\n"} {
		if !strings.Contains(string(payload), want) {
			t.Errorf("the payload: got %q, want %q", payload, want)
		}
	}
	for _, want := range []string{
		"0:00  base: Launching a source AWS instance...", "base: 7 of 60: install-git.sh", "test boot: 1 checks, 0 failed",
		"ami-runner is " + minimal + ", verified", "mayfly image promote ami-runner --region eu-west-1", "ImageX64=self/mayfly-hardened-" + minimal + "-*", "RunnerProfile=hardened",
		"runs-on: mayfly=${{ github.run_id }}/image=" + minimal + "\n",
	} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &s.out)
		}
	}
}

// The build fetches it, and sees for itself.
func TestARunnerThatGitHubTellsNothingOfIsBuiltWithAllTheSame(t *testing.T) {
	s := newSite(t, "")
	asked := map[string]string{"runner-version": "2.329.0", "runner-released": "2026-10-18", "runner-sha256": digest}
	if code := s.build(t.Context(), t, asked); code != 0 || !strings.Contains(s.out.String(), "runner 2.329.0 is not compared with what GitHub tells: ") {
		t.Errorf("got %d: %s%s", code, &s.out, &s.err)
	}
	if got := s.calls(t); !strings.HasSuffix(got[len(got)-1], "runner 2.329.0") {
		t.Errorf("Packer: got %q", got)
	}
}

func TestABaseIsBuiltOnce(t *testing.T) {
	in, err := parseBuild(flagsWith(nil), noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	same, err := baseDigest(in, "ami-0123456789abcdef0", os.DirFS(templates))
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "")
	s.images = []instance.AMI{built("ami-other", 1, "base=sha256:other"), built("ami-same", 2, "base="+same)}
	if code := s.build(t.Context(), t, nil); code != 0 {
		t.Fatalf("got %d: %s%s", code, &s.out, &s.err)
	}
	if got := s.calls(t); len(got) != 2 || !strings.HasPrefix(got[1], "runner from ami-same of ami-0123456789abcdef0") {
		t.Errorf("Packer: got %q, want the runner alone", got)
	}
}

func TestABuildIsOnlyMadeIfItIsDueAndPromotedIfItIsAskedTo(t *testing.T) {
	asked := map[string]string{"if-due": "true", "promote": "true"}
	s := newSite(t, "")
	s.images = []instance.AMI{built("ami-1", 3, "verified=3", "promoted=3", "runner-version=2.330.0")}
	if code := s.build(t.Context(), t, asked); code != 0 || len(s.calls(t)) != 1 || !strings.Contains(s.out.String(), minimal+" is not due") {
		t.Errorf("got %d and Packer %q, want no build: %s%s", code, s.calls(t), &s.out, &s.err)
	}
	s.images[0].Tags[tagVersion] = "2.329.0"
	if code := s.build(t.Context(), t, asked); code != 0 || s.did[len(s.did)-1] != "tag ami-runner "+tagPromoted {
		t.Errorf("got %d, %q, want a build that is promoted: %s%s", code, s.did, &s.out, &s.err)
	}
	s.consoles = []string{"mayfly-test-boot: failed\n"}
	if code := s.build(t.Context(), t, asked); code != console.ExitFailed || s.did[len(s.did)-1] != "tag ami-runner "+tagFailed {
		t.Errorf("got %d, %q, want that what failed is not promoted", code, s.did)
	}
}

func TestAnImageThatFailsItsChecksIsMarkedAndNotVerified(t *testing.T) {
	s := newSite(t, "")
	s.consoles = []string{"mayfly-test-boot: FAILED /etc/ssh has a key\nmayfly-test-boot: failed\n"}
	if code := s.build(t.Context(), t, nil); code != console.ExitFailed {
		t.Errorf("got %d, want %d", code, console.ExitFailed)
	}
	if got := s.did[len(s.did)-2:]; !slices.Equal(got, []string{"end i-1", "tag ami-runner " + tagFailed}) {
		t.Errorf("EC2: got %q, want that the image is marked", got)
	}
	if !strings.Contains(s.out.String(), "FAILED /etc/ssh has a key") || !strings.Contains(s.err.String(), "test boot of ami-runner, which is not to be promoted: it failed its checks") {
		t.Errorf("it says %s%s", &s.out, &s.err)
	}
}

func TestABuildThatFailsTellsWhy(t *testing.T) {
	for name, test := range map[string]struct {
		middle  string
		changes map[string]string
		broken  string
		mute    bool // GitHub tells of no release
		code    int
		want    string
	}{
		"Packer": {
			middle: `echo "3,,ui,error,==> amazon-ebs.image: Error launching: VcpuLimitExceeded"; exit 1`, code: console.ExitFailed,
			want: "base of " + minimal + ": packer build: exit status 1:\n==> amazon-ebs.image: Error launching: VcpuLimitExceeded\nAll that Packer said is in ",
		},
		"no AMI":               {middle: `exit 0`, code: console.ExitFailed, want: "named no AMI"},
		"no source":            {broken: "source /ami-0123456789abcdef0", code: console.ExitFailed, want: "--source-ami: in eu-west-1: no"},
		"another architecture": {changes: map[string]string{"source-ami": "ami-0a000000000000000"}, code: console.ExitUsage, want: "which is for arm64, and " + minimal + " is for x64"},
		"no agent":             {changes: map[string]string{"agent": "missing"}, code: console.ExitUsage, want: "`make agents` builds it"},
		"no program":           {changes: map[string]string{"agent": "packer"}, code: console.ExitUsage, want: "is no program of Linux"},
		"no templates":         {changes: map[string]string{"templates": "."}, code: console.ExitUsage, want: "there is no image.pkr.hcl"},
		"another checksum": {
			changes: map[string]string{"runner-version": "2.330.0", "runner-released": "2026-11-18", "runner-sha256": strings.Repeat("0", 64)}, code: console.ExitUsage,
			want: "and GitHub says that runner 2.330.0 for x64 has " + digest,
		},
		"another day": {
			changes: map[string]string{"runner-version": "2.330.0", "runner-released": "2026-11-17", "runner-sha256": digest}, code: console.ExitUsage,
			want: "--runner-released is 2026-11-17, and GitHub says that runner 2.330.0 is of 2026-11-18",
		},
		"no release told": {mute: true, code: console.ExitFailed, want: "say --runner-version, --runner-sha256 and --runner-released, from https://github.com/actions/runner/releases"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, test.middle)
			if test.mute {
				s.releases += "missing/"
			}
			s.broken = map[string]error{test.broken: errors.New("no")}
			if code := s.build(t.Context(), t, test.changes); code != test.code || !strings.Contains(s.err.String(), test.want) {
				t.Errorf("got %d, %s, want %d and %q", code, &s.err, test.code, test.want)
			}
			if slices.Contains(s.did, "boot ami-runner") {
				t.Error("it was booted all the same")
			}
		})
	}
}

// Packer takes away what it made if it is told to stop once, so it is told, once, and waited for.
func TestABuildThatIsStoppedHasPackerCleanUp(t *testing.T) {
	s := newSite(t, `trap 'echo cleaned >>"$dir/calls"; exit 1' INT
touch "$dir/begun"
while :; do sleep 0.05; done`)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(s.dir, "begun")); err == nil || t.Context().Err() != nil {
				stop()
				return
			}
		}
	}()
	if code := s.build(ctx, t, nil); code != console.ExitFailed || !strings.Contains(s.err.String(), "context canceled") {
		t.Errorf("got %d, %s", code, &s.err)
	}
	if got := s.calls(t); got[len(got)-1] != "cleaned" {
		t.Errorf("Packer: got %q, want that it cleaned up", got)
	}
}

func TestAnOlderPackerValidatesAndDoesNotBuild(t *testing.T) {
	s := newSite(t, "")
	text, err := os.ReadFile(s.packer)
	if err != nil {
		t.Fatal(err)
	}
	older := strings.Replace(string(text), "v1.14.2", "v1.6.6", 1)
	older = strings.Replace(older, `echo "$1" >>"$dir/calls"`, `echo "$1" >>"$dir/calls"; cp "${*: -1}"/*.hcl "$dir"`, 1)
	if err := os.WriteFile(s.packer, []byte(older), 0o700); err != nil {
		t.Fatal(err)
	}
	if code := s.build(t.Context(), t, nil); code != console.ExitFailed || !strings.Contains(s.err.String(), "this is Packer v1.6.6, which knows neither IMDSv2") {
		t.Errorf("got %d, %s", code, &s.err)
	}
	if code := s.build(t.Context(), t, map[string]string{"dry-run": "true"}); code != 0 || !strings.Contains(s.out.String(), "Packer      v1.6.6 finds base and runner valid, without") {
		t.Errorf("got %d, %s%s", code, &s.out, &s.err)
	}
	cut, err := os.ReadFile("newer.pkr.hcl")
	if err != nil || !bytes.Contains(cut, []byte("provisioner")) || bytes.Contains(cut, []byte("imds_support")) || bytes.Contains(cut, []byte("required_plugins")) {
		t.Errorf("got %v and newer.pkr.hcl as\n%s\nwant it without what is newer", err, cut)
	}
	if len(s.did) != 0 {
		t.Errorf("a dry run called %q", s.did)
	}
}
