package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const agentPackage = "github.com/mayfly-ci/mayfly/cmd/agent"

// findAgent is the path of the agent's binary: the one beside this program, or else one that is
// built into dir from the module that this is started in.
func findAgent(ctx context.Context, program, dir string, say func(string)) (path string, err error) {
	beside := filepath.Join(filepath.Dir(program), "agent")
	if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
		return beside, nil
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", fmt.Errorf("there is no agent at %s, and none can be built: %w", beside, err)
	}
	say("Building the agent…")
	path = filepath.Join(dir, "agent")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, agentPackage)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("there is no agent at %s, and `go build %s` in %s fails: %w\n%s", beside, agentPackage, root, err, output)
	}
	return path, nil
}

// moduleRoot is where the go.mod is that the go command goes by here.
func moduleRoot(ctx context.Context) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("`go env GOMOD`: %w", err)
	}
	file := strings.TrimSpace(string(output))
	if file == "" || file == os.DevNull {
		return "", errors.New("this is no Go module: start the demo in Mayfly's repository, or with the agent beside it")
	}
	return filepath.Dir(file), nil
}
