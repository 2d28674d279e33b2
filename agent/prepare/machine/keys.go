package machine

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	maxKey   = 8 << 10 // bytes of a line; an RSA key of 16,384 bits has less than half
	leastRSA = 2048    // bits; NIST SP 800-131A allows no shorter one
)

// keyTypes are the kinds of keys that people may log in with, those in hardware included.
var keyTypes = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA,
	ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// checkKeys sees that each line is one public key and nothing else: an option such as command= or
// environment= would be somebody's program in every session, a line break a key that nobody sees.
func checkKeys(lines []string) error {
	if len(lines) == 0 {
		return errors.New("ssh is allowed, and there is no key to log in with: name the people whose keys may")
	}
	var all []error
	for n, line := range lines {
		if err := checkKey(line); err != nil {
			all = append(all, fmt.Errorf("ssh key %d: %w", n+1, err))
		}
	}
	return errors.Join(all...)
}

func checkKey(line string) error {
	kind, _, _ := strings.Cut(line, " ")
	switch {
	case len(line) > maxKey:
		return fmt.Errorf("it has %d bytes, at most %d are a key", len(line), maxKey)
	case strings.ContainsFunc(line, control):
		return errors.New("it has a control character: use one line for each key")
	case !slices.Contains(keyTypes, kind):
		return fmt.Errorf("it begins with %.40q: use a key without options, of type %s", kind, strings.Join(keyTypes, ", "))
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || key.Type() != kind {
		return fmt.Errorf("it is no whole key of type %s", kind)
	}
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		if short, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok && short.N.BitLen() < leastRSA {
			return fmt.Errorf("it is an RSA key of %d bits: use %d at least, or ed25519", short.N.BitLen(), leastRSA)
		}
	}
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }
