package machine

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

// keyOf is a public key as a line of authorized_keys.
func keyOf(t *testing.T, public any) string {
	t.Helper()
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func ed25519Key(t *testing.T) string {
	t.Helper()
	return keyOf(t, ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
}

// rsaKey is no key that anybody has; it has only a key's form and length.
func rsaKey(t *testing.T, bits uint) string {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return keyOf(t, &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537})
}

func TestWhichKeysMayLogIn(t *testing.T) {
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	good := ed25519Key(t)
	for name, test := range map[string]struct{ key, err string }{
		"ed25519":               {good, ""},
		"with a comment":        {good + " alice@example.com, at home", ""},
		"ecdsa":                 {keyOf(t, &private.PublicKey), ""},
		"rsa":                   {rsaKey(t, 2048), ""},
		"a short rsa":           {rsaKey(t, 1024), "it is an RSA key of 1024 bits: use 2048 at least, or ed25519"},
		"empty":                 {"", `it begins with ""`},
		"a comment":             {"# " + good, `it begins with "#"`},
		"an option":             {`command="sh" ` + good, `it begins with "command=\"sh\"": use a key without options, of type ssh-ed25519`},
		"an option without key": {"no-pty", `it begins with "no-pty"`},
		"a blank before":        {" " + good, `it begins with ""`},
		"two lines":             {good + "\n" + good, "control character: use one line for each key"},
		"a line's end":          {good + "\n", "control character"},
		"a carriage return":     {good + "\rssh-rsa", "control character"},
		"a null":                {good + " a\x00", "control character"},
		"a tab":                 {strings.Replace(good, " ", "\t", 1), "control character"},
		"half of it":            {good[:40], "it is no whole key of type ssh-ed25519"},
		"no base64":             {"ssh-ed25519 %%%", "it is no whole key of type ssh-ed25519"},
		"another type inside":   {strings.Replace(good, "ssh-ed25519", "ssh-rsa", 1), "it is no whole key of type ssh-rsa"},
		"dsa":                   {"ssh-dss AAAAB3NzaC1kc3MAAAA=", `it begins with "ssh-dss"`},
		"a certificate":         {"ssh-ed25519-cert-v01@openssh.com AAAA", `it begins with "ssh-ed25519-cert-v01@openssh.com"`},
		"a point that is no point": {"ecdsa-sha2-nistp256 " + base64.StdEncoding.EncodeToString(ssh.Marshal(struct {
			A, B string
			C    []byte
		}{"ecdsa-sha2-nistp256", "nistp256", append([]byte{4}, make([]byte, 64)...)})), "it is no whole key of type ecdsa-sha2-nistp256"},
		"much too long": {good + strings.Repeat(" ", maxKey), "bytes, at most 8192 are a key"},
	} {
		err := checkKeys([]string{good, test.key})
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), "ssh key 2: ") || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: got %v, want %q", name, err, test.err)
		}
	}
	if err := checkKeys(nil); err == nil || !strings.Contains(err.Error(), "no key to log in with") {
		t.Errorf("no key: got %v, want an error", err)
	}
}

func TestPeopleAreLetIn(t *testing.T) {
	access := Access{Allowed: true, By: "SSHAllowed of the stack, and ssh=true in the label of octo/demo", Keys: []string{ed25519Key(t), rsaKey(t, 3072)}}
	step, err := Login("runner", access)
	if err != nil {
		t.Fatal(err)
	}
	want := `ssh:
  write /etc/ssh/mayfly_keys, mode 0644
  write /etc/ssh/mayfly_banner, mode 0644
  write /etc/ssh/sshd_config.d/00-mayfly.conf, mode 0644
  ssh-keygen -A
  install -d -m 0755 -o root /run/sshd
  /usr/sbin/sshd -t
  systemctl unmask ssh.socket ssh.service
  systemctl unmask --runtime ssh.socket ssh.service
  systemctl start ssh.service
`
	if diff := cmp.Diff(want, written([]Step{step})); diff != "" {
		t.Errorf("step, want - got +:\n%s", diff)
	}
	if got, want := step.Acts[0].(writeFile).text, access.Keys[0]+"\n"+access.Keys[1]+"\n"; got != want {
		t.Errorf("keys: got %q, want %q", got, want)
	}
	if got := step.Acts[1].(writeFile).text; !strings.Contains(got, "allowed by SSHAllowed of the stack, and ssh=true in the label of octo/demo.\n") {
		t.Errorf("banner: got %q, want who allowed it", got)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	good := []string{ed25519Key(t)}
	for name, test := range map[string]struct {
		access Access
		err    string
	}{
		"no key":              {Access{true, "the stack", nil}, "no key to log in with"},
		"a key with options":  {Access{true, "the stack", append(good, "no-pty "+good[0])}, "ssh key 2"},
		"allowed by nobody":   {Access{true, "", good}, `who allowed it is ""`},
		"a banner of escapes": {Access{true, "a\x1b[2J", good}, "want one line of 1 to 200 characters"},
		"a banner of lines":   {Access{true, "a\nb", good}, "want one line"},
		"a long banner":       {Access{true, strings.Repeat("a", 201), good}, "want one line"},
	} {
		if step, err := Login("runner", test.access); err == nil || !strings.Contains(err.Error(), test.err) || len(step.Acts) > 0 {
			t.Errorf("%s: got %v, want %q and nothing to do", name, err, test.err)
		}
	}
}

func TestSSHStaysOff(t *testing.T) {
	none := map[string]string{}
	for name, test := range map[string]struct {
		files, links map[string]string
		want         []string
	}{
		"masked":             {map[string]string{"usr/lib/systemd/system/ssh.service": "x", "usr/lib/systemd/system/ssh.socket": "x"}, map[string]string{"etc/systemd/system/ssh.service": "/dev/null", "run/systemd/system/ssh.socket": "/dev/null"}, nil},
		"not there":          {none, none, nil},
		"there":              {map[string]string{"usr/lib/systemd/system/ssh.service": "x", "lib/systemd/system/ssh.socket": "x"}, none, sshUnits},
		"half masked":        {map[string]string{"usr/lib/systemd/system/ssh.service": "x", "usr/lib/systemd/system/ssh.socket": "x"}, map[string]string{"etc/systemd/system/ssh.service": "/dev/null"}, []string{"ssh.socket"}},
		"a unit of ones own": {map[string]string{"etc/systemd/system/ssh.service": "x"}, map[string]string{"run/systemd/system/ssh.service": "/dev/null"}, []string{"ssh.service"}},
	} {
		root := t.TempDir()
		for file, text := range test.files {
			file = filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for link, target := range test.links {
			makeLink(t, target, filepath.Join(root, link))
		}
		if got := startable(root); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	want := "ssh:\n  systemctl mask --runtime --now ssh.socket ssh.service\nssh: skipped, it is not allowed, and sshd is masked or not there\n"
	if diff := cmp.Diff(want, written([]Step{shutStep(sshUnits), shutStep(nil)})); diff != "" {
		t.Errorf("steps, want - got +:\n%s", diff)
	}
}
