// Package sshkey says which public keys people may log in to an instance with. The server and the agent
// ask the same, so that no instance is launched whose agent then refuses a key.
package sshkey

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

const (
	maxLine  = 8 << 10 // bytes; an RSA key of 16,384 bits has less than half
	leastRSA = 2048    // bits; NIST SP 800-131A allows no shorter one
)

// types are the kinds of keys that people may log in with, those in hardware included.
var types = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA,
	ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// Check sees that a line of authorized_keys is one public key and nothing else: an option such as command= or
// environment= would be somebody's program in every session, a line break a key that nobody sees. The error
// quotes nothing of the line, for that may be a private key, which somebody took for the public one.
func Check(line string) error {
	_, err := parse(line)
	return err
}

// Fingerprint is what ssh-keygen -l calls the key of a line, SHA256:…; empty if there is none.
func Fingerprint(line string) string {
	key, err := parse(line)
	if err != nil {
		return ""
	}
	return ssh.FingerprintSHA256(key)
}

func parse(line string) (ssh.PublicKey, error) {
	kind, _, _ := strings.Cut(line, " ")
	switch {
	case len(line) > maxLine:
		return nil, fmt.Errorf("it has %d bytes, at most %d are a key", len(line), maxLine)
	case strings.ContainsFunc(line, unicode.IsControl):
		return nil, errors.New("it has a control character: use one line for each key")
	case !slices.Contains(types, kind):
		return nil, fmt.Errorf("it does not begin with a type of public keys: use the line of a .pub file, without options, of type %s", strings.Join(types, ", "))
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || key.Type() != kind {
		return nil, fmt.Errorf("it is no whole key of type %s: use the whole line of a .pub file", kind)
	}
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		if short, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok && short.N.BitLen() < leastRSA {
			return nil, fmt.Errorf("it is an RSA key of %d bits: use %d at least, or ed25519", short.N.BitLen(), leastRSA)
		}
	}
	return key, nil
}
