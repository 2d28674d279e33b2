package machine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Access is who may log in.
type Access struct {
	Allowed bool     // by the stack and by the job's label
	By      string   // who allowed it, in one line, for whoever logs in to read
	Keys    []string // of the people who may, as authorized_keys has them, one each
}

// The units of sshd in Ubuntu and Debian, and the files that are written for it. They are root's, not
// the runner's: a job lets nobody in.
var (
	sshUnits = []string{"ssh.socket", "ssh.service"}
	unitDirs = []string{"/etc/systemd/system/", "/run/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"}
)

const (
	sshConfig  = "/etc/ssh/sshd_config.d/00-mayfly.conf" // before all others, for sshd goes by what it reads first
	sshKeys    = "/etc/ssh/mayfly_keys"
	sshBanner  = "/etc/ssh/mayfly_banner"
	maxAllowed = 200 // characters
)

// Login is the step that lets people in, or sees that nobody comes in: then sshd is masked. It is taken
// when the assignment has been read, and with it the keys; they are checked, whoever sent them.
func Login(runner string, access Access) (Step, error) {
	if !access.Allowed {
		return shutStep(startable("/")), nil
	}
	if err := access.check(); err != nil {
		return Step{}, fmt.Errorf("ssh: %w", err)
	}
	return Step{Name: "ssh", Acts: append([]Act{
		writeFile{sshKeys, 0o644, strings.Join(access.Keys, "\n") + "\n"},
		writeFile{sshBanner, 0o644, access.banner()},
		writeFile{sshConfig, 0o644, sshdConfig(runner)},
		Command{Args: []string{"ssh-keygen", "-A"}}, // images have no host keys
		makeDir{"/run/sshd", 0o755, nil},
		Command{Args: []string{"/usr/sbin/sshd", "-t"}},
	}, opening()...)}, nil
}

func opening() []Act {
	return []Act{
		Command{Args: append([]string{"systemctl", "unmask"}, sshUnits...)},
		Command{Args: append([]string{"systemctl", "unmask", "--runtime"}, sshUnits...)},
		Command{Args: []string{"systemctl", "start", "ssh.service"}},
	}
}

// shutStep masks the units of sshd that something could start, for as long as the machine runs.
func shutStep(units []string) Step {
	if len(units) == 0 {
		return Step{Name: "ssh", Skip: "it is not allowed, and sshd is masked or not there"}
	}
	return Step{Name: "ssh", Acts: []Act{Command{Args: append([]string{"systemctl", "mask", "--runtime", "--now"}, units...)}}}
}

// startable are the units of sshd that are there and not masked, below the directory root.
func startable(root string) []string {
	return slices.DeleteFunc(slices.Clone(sshUnits), func(unit string) bool {
		for _, dir := range unitDirs { // the first counts
			target, err := os.Readlink(root + dir + unit)
			if err == nil && target == os.DevNull {
				return true
			}
			if there(root, dir+unit) {
				return false
			}
		}
		return true
	})
}

func (a Access) check() error {
	if a.By == "" || len(a.By) > maxAllowed || strings.ContainsFunc(a.By, control) {
		return errors.Join(fmt.Errorf("who allowed it is %.200q, want one line of 1 to %d characters", a.By, maxAllowed), checkKeys(a.Keys))
	}
	return checkKeys(a.Keys)
}

// banner is what whoever logs in reads first.
func (a Access) banner() string {
	return fmt.Sprintf("This instance runs one job, and is gone when it ends.\nLogging in was allowed by %s.\nWhat the job can see, its secrets included, you can see.\n", a.By)
}

// sshdConfig lets the runner's user in, by these keys, and nobody else.
func sshdConfig(runner string) string {
	return strings.Join([]string{
		"AllowUsers " + runner,
		"AuthenticationMethods publickey",
		"AuthorizedKeysFile " + sshKeys,
		"AuthorizedKeysCommand none",
		"Banner " + sshBanner,
		"KbdInteractiveAuthentication no",
		"PasswordAuthentication no",
		"PermitRootLogin no",
		"PermitUserEnvironment no",
		"PermitUserRC no",
		"TrustedUserCAKeys none",
		"X11Forwarding no",
		"",
	}, "\n")
}
