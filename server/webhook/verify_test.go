package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Both secrets are always computed, over the whole body, whatever the header is like.
func TestBothSecretsAreAlwaysComputed(t *testing.T) {
	current, previous := secret.New("the current secret, of 32 bytes or more"), secret.New("the previous secret, of 32 bytes or more")
	for name, secrets := range map[string][]secret.Text{"two secrets": {current, previous}, "one secret": {current}} {
		v, err := newVerifier(secrets)
		if err != nil {
			t.Fatal(err)
		}
		computed := 0
		v.sign = func(key, body []byte) []byte {
			computed += len(body)
			return sign(key, body)
		}
		body := []byte(small)
		for _, header := range []string{
			"", "sha256=", "sha1=" + hex.EncodeToString(make([]byte, 20)), "sha256=" + hex.EncodeToString(make([]byte, sha256.Size)),
			"sha256=" + hex.EncodeToString(sign(v.keys[0], body)), "sha256=" + hex.EncodeToString(sign(v.keys[1], body)),
		} {
			computed = 0
			v.genuine(header, body)
			if computed != 2*len(body) {
				t.Errorf("%s, header %q: %d bytes were signed, want %d", name, header, computed, 2*len(body))
			}
		}
	}
}
