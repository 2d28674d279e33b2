package image

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// packer is the program that makes images.
type packer struct {
	program string
	version string // v1.14.2
	older   bool   // than plugins, and whatever newer.pkr.hcl has
}

// cleaning is how long Packer has to take away its instance, key and security group when it is told to stop.
const cleaning = 5 * time.Minute

// run is a command line of Packer's. It tells its maker of no use.
func (p packer) run(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, p.program, args...)
	command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	return command
}

// findPacker asks the program which Packer it is.
func findPacker(ctx context.Context, program string) (packer, error) {
	p := packer{program: cmp.Or(program, "packer")}
	said, err := p.run(ctx, "version").Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return p, errors.New("packer is missing, which makes images: https://developer.hashicorp.com/packer/install has 1.10 and newer; Debian's packer validates templates, and no more")
	case err != nil:
		return p, fmt.Errorf("%s version: %w", p.program, err)
	}
	found := regexp.MustCompile(`v([0-9]+)\.([0-9]+)\.[0-9]+`).FindStringSubmatch(string(said))
	if found == nil {
		return p, fmt.Errorf("%s version says %q, which is no version of Packer", p.program, bytes.TrimSpace(said))
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	p.version, p.older = found[0], major == 1 && minor < 10
	return p, nil
}

// validate has Packer check the templates with the variables of files.
func (p packer) validate(ctx context.Context, w workshop, variables []string) error {
	said, err := p.run(ctx, told(w, variables, "validate")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("packer validate: %w\n%s", err, bytes.TrimSpace(said))
	}
	return nil
}

// told is a command line of Packer's, with the variables of files.
func told(w workshop, variables []string, args ...string) []string {
	for _, file := range variables {
		args = append(args, "-var-file="+file)
	}
	return append(args, w.dir)
}

// prepare fetches the plugins that the templates name.
func (p packer) prepare(ctx context.Context, w workshop) error {
	if p.older {
		return fmt.Errorf("this is Packer %s, which knows neither IMDSv2 nor Ubuntu's ssh keys: https://developer.hashicorp.com/packer/install has 1.10 and newer", p.version)
	}
	said, err := p.run(ctx, "init", w.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("packer init: %w\n%s", err, bytes.TrimSpace(said))
	}
	return nil
}

// build makes an image, tells of each step, and writes all that Packer says to log. What it ends with is the AMI's id.
func (p packer) build(ctx context.Context, w workshop, variables []string, tell func(string), log io.Writer) (ami string, err error) {
	command := p.run(ctx, told(w, variables, "-machine-readable", "build", "-color=false")...)
	// Ctrl-C on a terminal goes to a whole group. Packer takes a second signal for an order to leave everything as it is.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel, command.WaitDelay = func() error { return command.Process.Signal(syscall.SIGINT) }, cleaning
	command.Stderr = log
	output, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("packer build: %w", err)
	}
	var read reading
	lines := bufio.NewScanner(output)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		if step := read.line(lines.Text(), log); step != "" {
			tell(step)
		}
	}
	if err := command.Wait(); err != nil {
		return "", fmt.Errorf("packer build: %w%s", cmp.Or(context.Cause(ctx), err), read.why())
	}
	if read.ami == "" {
		return "", errors.New("packer build: it ended well and named no AMI")
	}
	return read.ami, nil
}
