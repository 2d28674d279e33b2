package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
)

const loginKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop alice" // of a seed of 32 zeroes

func TestWhoMayLogInIsReadLineByLine(t *testing.T) {
	for what, text := range map[string]string{
		"a file": "# at work\n" + loginKey + "\n\n  # at home\n" + strings.Replace(loginKey, "alice", "bob", 1) + "\n",
		"DOS's":  loginKey + "\r\n" + strings.Replace(loginKey, "alice", "bob", 1) + "\r\n",
	} {
		got, err := settings.Read(environment(map[string]string{"MAYFLY_SSH_KEYS": text}))
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if diff := cmp.Diff([]string{loginKey, strings.Replace(loginKey, "alice", "bob", 1)}, got.Server.SSHKeys); diff != "" {
			t.Errorf("%s: keys (-want +got):\n%s", what, diff)
		}
	}
}

func TestWhatIsWrongWithWhoMayLogInIsToldByTheLine(t *testing.T) {
	const public = "; set it to public keys, one a line"
	for what, test := range map[string]struct {
		keys, ssh string
		want      []string // none: all is right
	}{
		"off, with keys": {loginKey, "false", nil},
		"off, without":   {"", "false", nil},
		"on, without":    {"", "true", []string{"MAYFLY_POLICY_SSH is true, and MAYFLY_SSH_KEYS has no key: set the latter to public keys, one a line", "or the former to false"}},
		"comments alone": {"# nobody\n", "true", []string{"MAYFLY_SSH_KEYS has no key"}},
		"an option":      {loginKey + "\n\nno-pty " + loginKey, "true", []string{"MAYFLY_SSH_KEYS, line 3: it does not begin with a type of public keys", public}},
		"off, and wrong": {"ssh-rsa AAAA", "false", []string{"MAYFLY_SSH_KEYS, line 1: it is no whole key of type ssh-rsa", public}},
		"a private key":  {"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n", "true", []string{"MAYFLY_SSH_KEYS, line 1: "}},
		"too many":       {strings.Repeat(loginKey+"\n", 33), "true", []string{"MAYFLY_SSH_KEYS: there are 33 keys, at most 32 are allowed"}},
	} {
		_, err := settings.Read(environment(map[string]string{"MAYFLY_SSH_KEYS": test.keys, "MAYFLY_POLICY_SSH": test.ssh}))
		if err == nil && test.want == nil {
			continue
		}
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want %q in it", what, err, want)
			}
		}
		if err != nil && (test.want == nil || strings.Count(err.Error(), "\n") > 0 || strings.Contains(err.Error(), "b3BlbnNz")) {
			t.Errorf("%s: got error %v, want one at most, without the line", what, err)
		}
	}
}
