package deploy_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/cloudtest"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
)

func TestDockerIsRunAndItsComplaintIsTold(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1\" = push ]; then echo early >&2; echo 'no space left' >&2; exit 1; fi\necho \"$@\"; while read -r line; do echo \"in: $line\"; done\necho $BUILDX_NO_DEFAULT_ATTESTATIONS\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if got, err := deploy.Docker(t.Context(), "secret\n", "login", "--password-stdin"); err != nil || got != "login --password-stdin\nin: secret\n1\n" {
		t.Errorf("got %q and %v, want the arguments, the input, and no attestations", got, err)
	}
	if _, err := deploy.Docker(t.Context(), "", "push", "x"); err == nil || !strings.Contains(err.Error(), "docker push: exit status 1: no space left") {
		t.Errorf("got error %v, want the last of what it complained of", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := deploy.Docker(t.Context(), "", "build"); err == nil || !strings.Contains(err.Error(), "apt-get install docker.io") {
		t.Errorf("got error %v, want how to get docker", err)
	}
}

func TestAnImageThatIsNotPushedDeploysNothing(t *testing.T) {
	for name, test := range map[string]struct {
		fails string // what docker does not do
		says  string // of the image's id
		want  string
	}{
		"it does not build":      {"build", "", "build the server's image: broken"},
		"it builds nothing":      {"", "done", `docker says "done", and not the image's id`},
		"it does not log in":     {"login", "", "log in to the registry: broken"},
		"it does not push":       {"push", "", "push the server's image: broken"},
		"the push leads nowhere": {"", "", "the image was pushed, and the registry does not have it as mayfly:dddddddddddd"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud, dir := cloudtest.New(t), artifacts(t)
			docker := func(p *deploy.Program) {
				p.Docker = func(_ context.Context, _ string, args ...string) (string, error) {
					if args[0] == test.fails {
						return "", errors.New("broken")
					}
					if test.says != "" {
						return test.says, nil
					}
					return "sha256:" + strings.Repeat("d", 64), nil
				}
			}
			synctest.Test(t, func(t *testing.T) {
				got := run(t, cloud, dir, docker, "--platform", "AppRunner", "--push-image")
				if got.err == nil || !strings.Contains(got.err.Error(), test.want) {
					t.Errorf("got error %v, want %q in it", got.err, test.want)
				}
				if status := cloud.Status("mayfly"); status != "" {
					t.Errorf("got a stack that is %s, want none", status)
				}
			})
		})
	}
}
