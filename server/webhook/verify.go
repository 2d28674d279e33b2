package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// MinSecretBytes is how long a webhook secret is at least: as long as the hash that it keys.
// Source: RFC 2104, section 3, which strongly discourages shorter keys.
const MinSecretBytes = sha256.Size

// signaturePrefix is the only scheme that is taken. GitHub's older sha1= is not.
const signaturePrefix = "sha256="

// verifier tells GitHub's requests from others', by the current secret and the one before it.
type verifier struct {
	keys [2][]byte
	sign func(key, body []byte) []byte
}

// newVerifier takes the current secret and, while it is being rotated, the previous one.
func newVerifier(secrets []secret.Text) (verifier, error) {
	if len(secrets) < 1 || len(secrets) > 2 {
		return verifier{}, fmt.Errorf("WebhookSecrets: there are %d, give the current one and at most one previous one", len(secrets))
	}
	v := verifier{sign: sign}
	var problems []error
	for i, name := range []string{"current", "previous"} {
		// With one secret both keys are that one, so that a request costs the same time either way.
		key := secrets[min(i, len(secrets)-1)].Reveal()
		if i < len(secrets) && len(key) < MinSecretBytes {
			problems = append(problems, fmt.Errorf(
				"WebhookSecrets: the %s one has %d bytes and needs at least %d (RFC 2104, section 3: no key shorter than the hash): "+
					"make one with `openssl rand -hex 32` and set it in the GitHub App too", name, len(key), MinSecretBytes))
		}
		v.keys[i] = []byte(key)
	}
	return v, errors.Join(problems...)
}

func sign(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return mac.Sum(nil)
}

// readSignature reads the value of X-Hub-Signature-256: sha256= and 64 lower-case hexadecimal digits.
func readSignature(header string) (sum [sha256.Size]byte, ok bool) {
	digits, prefixed := strings.CutPrefix(header, signaturePrefix)
	if !prefixed || len(digits) != hex.EncodedLen(len(sum)) || digits != strings.ToLower(digits) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], []byte(digits))
	return sum, err == nil
}

// genuine says whether a body was signed with either key. Both are always computed and compared in
// constant time, whatever the header is like, so that the time tells nothing of which one fits, or how nearly.
func (v verifier) genuine(header string, body []byte) bool {
	sum, wellFormed := readSignature(header)
	fits := 0
	for _, key := range v.keys {
		fits |= subtle.ConstantTimeCompare(v.sign(key, body), sum[:])
	}
	return wellFormed && fits == 1
}
