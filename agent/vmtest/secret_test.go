//go:build vm

package vmtest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"
)

// marked is what stands before the secret in the credential files of the runner, see guest/opt/actions-runner/bin/Runner.Listener.
const marked = "in-a-credential-file:"

// forms are what a JIT config may look like where it should not be: as it is, in pieces, and encoded
// once more. A piece is long enough to be nothing else, and short enough to survive being cut.
func forms(jit string) (all [][]byte) {
	for _, text := range []string{
		jit,
		url.QueryEscape(jit),
		base64.StdEncoding.EncodeToString([]byte(jit)),
		base64.StdEncoding.EncodeToString([]byte("x" + jit))[4:],
		base64.StdEncoding.EncodeToString([]byte("xx" + jit))[4:],
	} {
		const piece = 40
		for at := 0; at+piece <= len(text); at += len(text) / 4 {
			all = append(all, []byte(text[at:at+piece]))
		}
	}
	return all
}

// leaks finds a JIT config in a text, or the secret within it where the runner's own credential file
// is not what holds it. It says where.
func leaks(text []byte, jit, canary string) (found []string) {
	for _, form := range forms(jit) {
		if at := bytes.Index(text, form); at >= 0 {
			found = append(found, fmt.Sprintf("%q at %d", form[:8], at))
		}
	}
	for at := 0; ; at += len(canary) {
		next := bytes.Index(text[at:], []byte(canary))
		if next < 0 {
			return found
		}
		at += next
		if !bytes.HasSuffix(text[:at], []byte(marked)) {
			found = append(found, fmt.Sprintf("the decoded secret at %d, after %q", at, text[max(0, at-40):at]))
		}
	}
}

func TestWhatLeaksIsFound(t *testing.T) {
	const canary = "canary-0123456789"
	jit := base64.StdEncoding.EncodeToString([]byte(`{"url":"http://github.example","runner_id":7,"runner_name":"mf-1","secret":"` + canary + `","more":"+/+/+/"}`))
	for name, text := range map[string]string{
		"as it is":            jit,
		"its end":             jit[70:],
		"encoded":             base64.StdEncoding.EncodeToString([]byte(jit)),
		"encoded, with more":  base64.StdEncoding.EncodeToString([]byte("JIT=" + jit)),
		"encoded, with more2": base64.StdEncoding.EncodeToString([]byte("A=" + jit)),
		"in a URL":            url.QueryEscape(jit),
		"decoded":             `"secret":"` + canary,
	} {
		if got := leaks([]byte("before "+text+" after"), jit, canary); len(got) == 0 {
			t.Errorf("%s: got nothing, want that it is found", name)
		}
	}
	if got := leaks([]byte(`"secret":"`+marked+canary), jit, canary); len(got) > 0 {
		t.Errorf("in a credential file: got %q, want nothing", got)
	}
}
