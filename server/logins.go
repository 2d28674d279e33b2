package server

import (
	"errors"
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/sshkey"
)

// logins says everything that is wrong with who may log in.
func (c Config) logins() error {
	var problems []error
	if c.Policy.SSH && len(c.SSHKeys) == 0 {
		problems = append(problems, errors.New("server: Policy.SSH is set and SSHKeys is empty: set it to the public keys of those who may log in, or leave Policy.SSH out"))
	}
	for n, key := range c.SSHKeys {
		if err := sshkey.Check(key); err != nil {
			problems = append(problems, fmt.Errorf("server: SSHKeys, key %d: %w", n+1, err))
		}
	}
	if problems == nil {
		if err := assignment.CheckSSHKeys(c.SSHKeys); err != nil {
			problems = append(problems, fmt.Errorf("server: SSHKeys: %w", err))
		}
	}
	return errors.Join(problems...)
}
