package stock

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	toolTimeout = 90 * time.Second
	// maxSaid is how much of what a program said is repeated: its end.
	maxSaid = 200 // bytes
)

// Tool runs a program to its end. [Exec] is the real one.
type Tool func(ctx context.Context, command ...string) error

// Exec is [Tool] with a process, which gets nothing of this one's environment, and 90 s. The error has
// the end of what it said.
func Exec(ctx context.Context, command ...string) error {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", "HOME=/root"}
	process.WaitDelay = time.Second // for what it left behind may hold its output
	said, err := process.CombinedOutput()
	if err != nil {
		text := strings.Join(strings.Fields(string(said[max(0, len(said)-maxSaid):])), " ")
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, text)
	}
	return nil
}

// addUser makes the runner's user, unless there is one.
func (m Machine) addUser(ctx context.Context) error {
	users, err := os.ReadFile(m.Root + "/etc/passwd")
	if err != nil {
		return err
	}
	if strings.Contains("\n"+string(users), "\n"+User+":") {
		return nil
	}
	return m.Tool(ctx, "useradd", "--create-home", "--shell", "/bin/bash", User)
}

// installDocker installs Docker as the distribution has it: apt checks it against the archive's
// signature, so no SHA-256 is needed, and no second key of a second archive.
func (m Machine) installDocker(ctx context.Context, group bool) []string {
	if !m.Lacks("/usr/bin/docker") {
		return nil
	}
	apt := []string{"apt-get", "--quiet", "--yes", "-o", "DPkg::Lock::Timeout=60"} // the image's own updates may be at it
	began := time.Now()
	err := m.Tool(ctx, append(apt, "update")...)
	if err == nil {
		err = m.Tool(ctx, append(apt, "install", "--no-install-recommends", "docker.io")...)
	}
	if err == nil && group {
		err = m.Tool(ctx, "usermod", "--append", "--groups", "docker", User)
	}
	if err != nil {
		return []string{fmt.Sprintf("Docker is not in the image and could not be installed, so jobs that need it fail: %v", err)}
	}
	return []string{fmt.Sprintf("The image has no Docker. It was installed from the distribution's archive, in %.0f s.", time.Since(began).Seconds())}
}

// installLibraries runs the script that the runner brings for that, which knows the distributions.
func (m Machine) installLibraries(ctx context.Context, dir string) []string {
	if err := m.Tool(ctx, filepath.Join(m.Root+dir, "bin", "installdependencies.sh")); err != nil {
		return []string{fmt.Sprintf("The runner's libraries could not be installed, so it may not start: %v", err)}
	}
	return nil
}
