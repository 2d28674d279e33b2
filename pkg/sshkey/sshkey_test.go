package sshkey_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mayfly-ci/mayfly/pkg/sshkey"
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
	good := keyOf(t, ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
	const untyped = "it does not begin with a type of public keys: use the line of a .pub file, without options, of type ssh-ed25519"
	for name, test := range map[string]struct{ key, err string }{
		"ed25519":               {good, ""},
		"with a comment":        {good + " alice@example.com, at home", ""},
		"ecdsa":                 {keyOf(t, &private.PublicKey), ""},
		"rsa":                   {rsaKey(t, 2048), ""},
		"a short rsa":           {rsaKey(t, 1024), "it is an RSA key of 1024 bits: use 2048 at least, or ed25519"},
		"empty":                 {"", untyped},
		"a comment":             {"# " + good, untyped},
		"an option":             {`command="sh" ` + good, untyped},
		"an option without key": {"no-pty", untyped},
		"a blank before":        {" " + good, untyped},
		"a private key":         {"-----BEGIN OPENSSH PRIVATE KEY-----", untyped},
		"two lines":             {good + "\n" + good, "control character: use one line for each key"},
		"a line's end":          {good + "\n", "control character"},
		"a carriage return":     {good + "\rssh-rsa", "control character"},
		"a null":                {good + " a\x00", "control character"},
		"a tab":                 {strings.Replace(good, " ", "\t", 1), "control character"},
		"a line's end of C1":    {good + " a\u0085b", "control character"},
		"half of it":            {good[:40], "it is no whole key of type ssh-ed25519: use the whole line"},
		"no base64":             {"ssh-ed25519 %%%", "it is no whole key of type ssh-ed25519"},
		"another type inside":   {strings.Replace(good, "ssh-ed25519", "ssh-rsa", 1), "it is no whole key of type ssh-rsa"},
		"dsa":                   {"ssh-dss AAAAB3NzaC1kc3MAAAA=", untyped},
		"a certificate":         {"ssh-ed25519-cert-v01@openssh.com AAAA", untyped},
		"a point that is no point": {"ecdsa-sha2-nistp256 " + base64.StdEncoding.EncodeToString(ssh.Marshal(struct {
			A, B string
			C    []byte
		}{"ecdsa-sha2-nistp256", "nistp256", append([]byte{4}, make([]byte, 64)...)})), "it is no whole key of type ecdsa-sha2-nistp256"},
		"much too long": {good + strings.Repeat(" ", 8<<10), "bytes, at most 8192 are a key"},
	} {
		err := sshkey.Check(test.key)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: got %v, want %q", name, err, test.err)
		}
		if got := sshkey.Fingerprint(test.key); (got == "") != (test.err != "") {
			t.Errorf("%s: got the fingerprint %q, want one of a good key alone", name, got)
		}
	}
}

// What somebody took for a public key is repeated nowhere.
func TestAnErrorQuotesNothingOfTheKey(t *testing.T) {
	const canary = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"
	for _, line := range []string{canary, canary + " x", "ssh-rsa " + canary, canary + "\n"} {
		if err := sshkey.Check(line); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: got %v, want an error without it", line, err)
		}
	}
}

// The key is that of the seed of 32 zeroes, and the fingerprint what ssh-keygen -l says of it.
func TestAFingerprintIsWhatSSHKeygenSays(t *testing.T) {
	line := keyOf(t, ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
	if got, want := sshkey.Fingerprint(line+" alice"), "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
