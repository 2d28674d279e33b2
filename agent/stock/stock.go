// Package stock makes a machine of a distribution's own image into one that jobs can run on: it fetches
// GitHub's runner and what that needs. It takes a minute or two, which an image of one's own saves.
package stock

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// budget is how long all of it may take. The server gives an instance up that does not listen 6 min
// after its launch.
const budget = 4 * time.Minute

// User is whom the runner belongs to.
const User = "runner"

// Machine is a machine that may lack a runner.
type Machine struct {
	Root      string            // of its files; "" is this machine's
	Transport http.RoundTripper // to where the runner is fetched from
	Tool      Tool              // runs programs
}

// Lacks says whether the machine has no such program.
func (m Machine) Lacks(program string) bool {
	info, err := os.Stat(m.Root + program)
	return err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0
}

// Install puts the runner that a download is of into a directory, where it belongs to [User], with the
// libraries that it needs, and Docker. Docker's group is root by another name, so only if docker is set
// the runner is in it. What is returned are sentences for people about what that took. Without the
// runner there is an error; without a library or Docker there are jobs that run all the same, so that
// is one of the sentences.
func (m Machine) Install(ctx context.Context, dir string, runner assignment.Download, docker bool) ([]string, error) {
	if runner == (assignment.Download{}) {
		return nil, fmt.Errorf("there is no runner in %s, and the user data names none to fetch: use an image that has one, or set runner with its URL and SHA-256", dir)
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	began := time.Now()
	if err := m.installRunner(ctx, dir, runner); err != nil {
		return nil, fmt.Errorf("install the runner in %s: %w", dir, err)
	}
	said := []string{fmt.Sprintf("The image has no runner. It was fetched from %s, in %.0f s.", runner.URL, time.Since(began).Seconds())}
	said = append(said, m.installDocker(ctx, docker)...)
	said = append(said, m.installLibraries(ctx, dir)...)
	return append(said, "An image that has all of this boots without: packer/README.md tells how one is built."), nil
}

func (m Machine) installRunner(ctx context.Context, dir string, runner assignment.Download) error {
	to := m.Root + dir
	if err := os.MkdirAll(to, 0o755); err != nil { //nolint:gosec // jobs' containers read the runner's tools
		return err
	}
	archive := filepath.Join(to, "runner.tar.gz")
	if err := m.fetch(ctx, archive, runner); err != nil {
		return err
	}
	if err := extract(archive, to); err != nil {
		return err
	}
	if err := os.Remove(archive); err != nil {
		return err
	}
	if err := m.addUser(ctx); err != nil {
		return err
	}
	return m.Tool(ctx, "chown", "--recursive", "--no-dereference", User+":", to)
}
