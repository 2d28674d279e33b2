package image

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// templates are those of the repository.
const templates = "../../../packer"

// site is where an image is built: an account, a GitHub that tells of releases, and a program that takes Packer's place.
type site struct {
	cloud
	dir      string
	packer   string
	releases string
	out, err bytes.Buffer
}

// aPacker is a Packer that makes images of nothing: it notes how it was called, and does as it is told.
const aPacker = `#!/bin/bash
dir=$(dirname "$0")
case $1 in
version) echo "Packer v1.14.2"; exit ;;
init | validate) echo "$1" >>"$dir/calls"; exit ;;
esac
variables=${*: -2:1}
variables=${variables#-var-file=}
value() { sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$variables"; }
stage=$(value stage)
echo "$stage from $(value from_ami) of $(value source_ami) runner $(value runner_version)" >>"$dir/calls"
echo "1,,ui,say,==> amazon-ebs.image: Launching a source AWS instance..."
echo "1,,ui,message,    amazon-ebs.image: == 7 of 60: install-git.sh"
echo "1,,ui,message,    amazon-ebs.image: a line%!(PACKER_COMMA) of many"
MIDDLE
ls "$(value payload)" >>"$dir/payload"
echo '{"of":"'$stage'"}' >"$(value manifest)"
echo "2,amazon-ebs.image,artifact,0,id,eu-west-1:ami-$stage"
`

// newSite is a site whose Packer does something of its own in the middle.
func newSite(t *testing.T, middle string) *site {
	t.Helper()
	s := &site{cloud: cloud{consoles: []string{"[ 1.0] kernel\nmayfly-test-boot: ok      sysctls\nmayfly-test-boot: 1 checks, 0 failed\n[ 9.9] mayfly-test-boot: passed\n"}}, dir: t.TempDir()}
	s.packer = filepath.Join(s.dir, "packer")
	for path, text := range map[string]string{s.packer: strings.Replace(aPacker, "MIDDLE", middle, 1), filepath.Join(s.dir, "agent"): "\x7fELF"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains([]string{"/latest", "/tags/v2.330.0"}, r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(newestRelease))
	}))
	t.Cleanup(github.Close)
	s.releases = github.URL + "/"
	t.Chdir(s.dir)
	t.Setenv("TMPDIR", s.dir) // for what Packer said, where it failed
	return s
}

const newestRelease = `{"tag_name":"v2.330.0","published_at":"2026-11-18T23:59:00Z","assets":[
	{"name":"actions-runner-linux-arm64-2.330.0.tar.gz","digest":"sha256:` + digest + `"},
	{"name":"actions-runner-linux-x64-2.330.0.tar.gz","digest":"sha256:` + digest + `"}]}`

func (s *site) build(ctx context.Context, t *testing.T, changes map[string]string) int {
	t.Helper()
	all := map[string]string{"templates": filepath.Join(packageDir, templates), "agent": filepath.Join(s.dir, "agent")}
	for name, value := range changes {
		all[name] = value
	}
	app := App{
		Out: &s.out, Getenv: noEnvironment, Packer: s.packer, Releases: s.releases, Now: func() time.Time { return today },
		Connect: func(context.Context, string) (AMIs, error) { return s, nil },
	}
	code, problems := ended(app.Run(ctx, append([]string{"build"}, flagsWith(all)...)))
	s.err.WriteString(problems)
	return code
}

// calls are those of Packer.
func (s *site) calls(t *testing.T) []string {
	t.Helper()
	text, _ := os.ReadFile(filepath.Join(s.dir, "calls"))
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// packageDir is where tests start, whose builds leave their manifest where they are.
var packageDir, _ = os.Getwd()
