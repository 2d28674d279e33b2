//go:build packer

package image

import (
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

func TestPackerFindsEveryImageValid(t *testing.T) {
	if _, err := findPacker(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		for _, profile := range []string{"compat", "hardened"} {
			t.Run(name.String()+"/"+profile, func(t *testing.T) {
				t.Parallel()
				flags := map[string]string{"image": name.String(), "profile": profile, "dry-run": "true", "templates": templates}
				if name.Kind == "full" {
					flags["runner-images-commit"] = upstream
				}
				err := App{Out: io.Discard, Getenv: noEnvironment}.Run(t.Context(), append([]string{"build"}, flagsWith(flags)...))
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestTheTemplatesAreFormatted(t *testing.T) {
	if said, err := exec.CommandContext(t.Context(), "packer", "fmt", "-check", "-diff", templates).CombinedOutput(); err != nil {
		t.Errorf("%v: `packer fmt packer` mends it\n%s", err, said)
	}
}

// For whoever starts Packer by hand.
func TestTheTemplatesThemselvesRefuseWhatNobodyShouldBuild(t *testing.T) {
	p, err := findPacker(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		variable string
		value    any
		want     string
	}{
		"everybody":     {"ssh_cidr", "0.0.0.0/0", "The ssh_cidr is the addresses"},
		"a name":        {"source_ami", "ubuntu-24", "The source_ami is the id of an AMI"},
		"a branch":      {"runner_images_commit", "main", "The runner_images_commit is all 40 hex digits"},
		"a checksum":    {"runner_sha256", "abc", "The runner_sha256 is 64 small hex digits"},
		"a profile":     {"profile", "open", "The profile is compat or hardened"},
		"all is well":   {"profile", "hardened", ""},
		"another stage": {"stage", "both", "The stage is base or runner"},
	} {
		if err := validated(t.Context(), t, p, test.variable, test.value); (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// What a stack is told to launch is what Packer calls it, in either profile.
func TestTheTemplatesNameAnImageAsStacksDo(t *testing.T) {
	p, err := findPacker(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []string{"compat", "hardened"} {
		b, files := templatesWith(t, p, "profile", profile)
		b.in.profile = assignment.Profile(profile)
		asked := p.run(t.Context(), told(b.work, files, "console")...)
		asked.Stdin = strings.NewReader("local.names\n")
		said, err := asked.CombinedOutput()
		if want := `"` + b.in.stem() + "-" + b.stamp + `"`; err != nil || !strings.Contains(string(said), want) {
			t.Errorf("%s: got %v and %s, want %s", profile, err, said, want)
		}
	}
}

// validated is what Packer thinks of the templates with one variable changed.
func validated(ctx context.Context, t *testing.T, p packer, variable string, value any) error {
	t.Helper()
	b, files := templatesWith(t, p, variable, value)
	return p.validate(ctx, b.work, files)
}

// templatesWith are the templates, and the files of their variables, of which one is changed.
func templatesWith(t *testing.T, p packer, variable string, value any) (b builder, files []string) {
	t.Helper()
	in, err := parseBuild(flagsWith(map[string]string{"templates": templates}), noEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkshop(t.Context(), in, p.older)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.close() })
	b = builder{in: in, work: w, stamp: "20261121120000"}
	told := b.variables("runner", "ami-0123456789abcdef0", "sha256:"+digest)
	told[variable] = value
	files, err = w.variables(in, "runner", told)
	if err != nil {
		t.Fatal(err)
	}
	return b, files
}
