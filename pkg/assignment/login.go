package assignment

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

const (
	maxKeys     = 32
	maxKey      = 8 << 10  // bytes of a line
	maxKeyBytes = 32 << 10 // of all keys as JSON: half of [MaxBytes], the rest is the JIT config's
	maxBy       = 200      // bytes; the agent shows it to whoever logs in
	maxLogin    = 100      // bytes; GitHub's logins have 39 characters, those of managed users a few more
)

// CheckSSHKeys says whether an assignment has room for these lines of authorized_keys, whatever is in them.
func CheckSSHKeys(keys []string) error {
	if len(keys) > maxKeys {
		return fmt.Errorf("there are %d keys, at most %d are allowed", len(keys), maxKeys)
	}
	for n, key := range keys {
		switch {
		case key == "":
			return fmt.Errorf("key %d is empty", n+1)
		case len(key) > maxKey:
			return fmt.Errorf("key %d has %d bytes, at most %d are allowed", n+1, len(key), maxKey)
		case strings.ContainsFunc(key, unicode.IsControl):
			return fmt.Errorf("key %d has a control character: use one line for each key", n+1)
		}
	}
	written, err := json.Marshal(keys)
	if len(written) > maxKeyBytes {
		return fmt.Errorf("the keys have %d bytes together, at most %d are allowed: use shorter keys, as of ed25519, or fewer", len(written), maxKeyBytes)
	}
	return err
}

// checkLogins says what is wrong with who may log in, and whose job it is.
func (a Assignment) checkLogins() error {
	if err := CheckSSHKeys(a.SSHKeys); err != nil {
		return fmt.Errorf("assignment: ssh_keys: %w", err)
	}
	switch {
	case (len(a.SSHKeys) == 0) != (a.SSHBy == ""):
		return errors.New("assignment: of ssh_keys and ssh_by one is empty and the other is not: set both, or neither")
	case !isLine(a.SSHBy, maxBy):
		return fmt.Errorf("assignment: ssh_by has %d bytes, or a control character: one line of at most %d bytes is allowed", len(a.SSHBy), maxBy)
	case !isLine(a.Organisation, maxLogin):
		return fmt.Errorf("assignment: organisation has %d bytes, or a control character: one line of at most %d bytes is allowed", len(a.Organisation), maxLogin)
	}
	return nil
}

func isLine(text string, most int) bool {
	return len(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}
