package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/sshkey"
)

// logins reads who may log in. An error quotes no line: it may be of a private key.
func (s *Settings) logins() error {
	n := 0
	for line := range strings.Lines(s.sshKeys) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := sshkey.Check(line); err != nil {
			return fmt.Errorf("MAYFLY_SSH_KEYS, line %d: %w; set it to %s", n, err, publicKeys)
		}
		s.Server.SSHKeys = append(s.Server.SSHKeys, line)
	}
	if err := assignment.CheckSSHKeys(s.Server.SSHKeys); err != nil {
		return fmt.Errorf("MAYFLY_SSH_KEYS: %w", err)
	}
	if s.Server.Policy.SSH && len(s.Server.SSHKeys) == 0 {
		return errors.New("MAYFLY_POLICY_SSH is true, and MAYFLY_SSH_KEYS has no key: set the latter to " + publicKeys + "; or the former to false")
	}
	return nil
}
