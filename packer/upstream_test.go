package packer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// theirs is a repository like actions/runner-images, whose scripts only note that they ran, as whom, and what they were told.
const theirs = `build {
  provisioner "file" {
    destination = "${var.helper_script_folder}"
    source      = "${path.root}/../scripts/helpers"
  }
  provisioner "shell" {
    execute_command = "sudo sh -c '{{ .Vars }} {{ .Path }}'"
    script          = "${path.root}/../scripts/build/configure-apt.sh"
  }
  provisioner "file" {
    destination = "${var.installer_script_folder}"
    source      = "${path.root}/../scripts/build"
  }
  provisioner "file" {
    source      = "${path.root}/../toolsets/toolset-2404.json"
  }
  provisioner "shell" {
    execute_command  = "sudo sh -c '{{ .Vars }} pwsh -f {{ .Path }}'"
    scripts          = ["${path.root}/../scripts/build/Install-Modules.ps1", "${path.root}/../scripts/build/Install-More.ps1"]
  }
  provisioner "shell" {
    execute_command  = "sudo sh -c '{{ .Vars }} {{ .Path }}'"
    scripts          = [
      "${path.root}/../scripts/build/install-runner-package.sh",
      "${path.root}/../scripts/build/install-git.sh"
    ]
  }
  provisioner "shell" {
    execute_command  = "/bin/sh -c '{{ .Vars }} {{ .Path }}'"
    scripts          = ["${path.root}/../scripts/build/install-homebrew.sh"]
  }
}
`

const note = `#!/bin/bash
echo "$(basename "$0") ${AS:-root} $(cat "$INSTALLER_SCRIPT_FOLDER/toolset.json") $(ls "$HELPER_SCRIPTS") $IMAGE_OS $DEBIAN_FRONTEND" >>"$LOG"
`

// upstream is a machine on which upstream.sh runs, and the commit of the repository that it fetches.
type upstream struct{ dir, commit string }

func newUpstream(t *testing.T) upstream {
	t.Helper()
	u := upstream{dir: t.TempDir()}
	for path, text := range map[string]string{
		"theirs/images/ubuntu/templates/build.ubuntu-24_04.pkr.hcl":       theirs,
		"theirs/images/ubuntu/templates/build.ubuntu-24_04-arm64.pkr.hcl": "build {}\n",
		"theirs/images/ubuntu/toolsets/toolset-2404.json":                 "tools",
		"theirs/images/ubuntu/scripts/helpers/install.sh":                 "",
		"theirs/images/ubuntu/scripts/tests/t":                            "", "theirs/images/ubuntu/scripts/docs-gen/d": "",
		"theirs/images/ubuntu/assets/post-gen/p": "", "theirs/helpers/software-report-base/s": "",
		"theirs/images/ubuntu/scripts/build/configure-apt.sh": note, "theirs/images/ubuntu/scripts/build/install-git.sh": note,
		"theirs/images/ubuntu/scripts/build/install-homebrew.sh": note, "theirs/images/ubuntu/scripts/build/install-runner-package.sh": note,
		"theirs/images/ubuntu/scripts/build/Install-Modules.ps1": note, "theirs/images/ubuntu/scripts/build/Install-More.ps1": note,
		"bin/pwsh":    "#!/bin/bash\n[ \"$1\" = -f ] && exec bash \"$2\"\n",
		"bin/runuser": "#!/bin/bash\nexport AS=$2\nexec \"${@:4}\"\n",
	} {
		path = filepath.Join(u.dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		said, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", u.dir + "/theirs", "-c", "user.name=t", "-c", "user.email=t@example"}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %q: %v", args, err)
		}
		return strings.TrimSpace(string(said))
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "all")
	u.commit = git("rev-parse", "HEAD")
	return u
}

// run is what the script says, and what theirs noted.
func (u upstream) run(t *testing.T, environment ...string) (said string, noted []string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", "scripts/upstream.sh")
	command.Env = append([]string{
		"PATH=" + u.dir + "/bin:" + os.Getenv("PATH"), "TMPDIR=" + u.dir, "LOG=" + u.dir + "/log", "IMAGE_FOLDER=" + u.dir + "/image", "SUDO_USER=ubuntu",
		"MAYFLY_RUNNER_IMAGES_REPOSITORY=" + u.dir + "/theirs", "MAYFLY_OS=ubuntu24", "MAYFLY_ARCH=x64", "MAYFLY_RUNNER_IMAGES_COMMIT=" + u.commit,
	}, environment...)
	output, err := command.CombinedOutput()
	text, _ := os.ReadFile(u.dir + "/log")
	return string(output), strings.Split(strings.TrimSpace(string(text)), "\n"), err
}

func TestGitHubsScriptsRunInTheOrderOfTheirTemplate(t *testing.T) {
	said, noted, err := newUpstream(t).run(t)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	const told = " tools install.sh ubuntu24 noninteractive"
	want := []string{
		"configure-apt.sh root" + told, "Install-Modules.ps1 root" + told, "Install-More.ps1 root" + told, "install-git.sh root" + told, "install-homebrew.sh ubuntu" + told,
	}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(said, "== 5 of 6: install-git.sh\n") || strings.Contains(said, "install-runner-package.sh") {
		t.Errorf("it says\n%s", said)
	}
}

func TestAFullImageIsNotMadeOfWhatIsNotThere(t *testing.T) {
	for name, test := range map[string]struct{ variable, want string }{
		"no commit":        {"MAYFLY_RUNNER_IMAGES_COMMIT=", "MAYFLY_RUNNER_IMAGES_COMMIT: is empty: set it to the commit"},
		"no such commit":   {"MAYFLY_RUNNER_IMAGES_COMMIT=" + strings.Repeat("0", 40), "which " + "DIR/theirs does not have: use all 40 digits"},
		"no such system":   {"MAYFLY_OS=ubuntu20", "for which actions/runner-images has no template at this commit: images/ubuntu/templates/build.ubuntu-20_04.pkr.hcl"},
		"another template": {"MAYFLY_ARCH=arm64", "names no scripts: it is written in another way"},
	} {
		u := newUpstream(t)
		said, noted, err := u.run(t, test.variable)
		if want := strings.ReplaceAll(test.want, "DIR", u.dir); err == nil || !strings.Contains(said, want) {
			t.Errorf("%s: got %v, %s, want an error with %q", name, err, said, want)
		}
		if noted[0] != "" {
			t.Errorf("%s: %q ran all the same", name, noted)
		}
	}
}

func TestAScriptOfGitHubsThatFailsIsNamed(t *testing.T) {
	u := newUpstream(t)
	if err := os.WriteFile(u.dir+"/bin/pwsh", []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	said, _, err := u.run(t)
	if err == nil || !strings.Contains(said, "Install-Modules.ps1 failed, see above: it is theirs, at commit "+u.commit) {
		t.Errorf("got %v, %s", err, said)
	}
}
