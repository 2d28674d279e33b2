package assignment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

func TestWhoIsLetInIsSaidWholeOrNotAtAll(t *testing.T) {
	for what, test := range map[string]struct {
		spoil func(*assignment.Assignment)
		want  string
	}{
		"too many keys":      {func(a *assignment.Assignment) { a.SSHKeys = slices.Repeat([]string{"k"}, 33) }, "ssh_keys: there are 33 keys, at most 32"},
		"a long key":         {func(a *assignment.Assignment) { a.SSHKeys[1] = strings.Repeat("k", 8<<10+1) }, "ssh_keys: key 2 has 8193 bytes, at most 8192"},
		"keys too long":      {func(a *assignment.Assignment) { a.SSHKeys = slices.Repeat([]string{strings.Repeat("k", 8<<10)}, 4) }, "the keys have 32781 bytes together, at most 32768"},
		"an empty key":       {func(a *assignment.Assignment) { a.SSHKeys[0] = "" }, "ssh_keys: key 1 is empty"},
		"a key of two lines": {func(a *assignment.Assignment) { a.SSHKeys[1] += "\nssh-rsa" }, "ssh_keys: key 2 has a control character"},
		"a key of a null":    {func(a *assignment.Assignment) { a.SSHKeys[1] += "\x00" }, "ssh_keys: key 2 has a control character"},
		"keys by nobody":     {func(a *assignment.Assignment) { a.SSHBy = "" }, "of ssh_keys and ssh_by one is empty"},
		"no keys by someone": {func(a *assignment.Assignment) { a.SSHKeys = nil }, "of ssh_keys and ssh_by one is empty"},
		"two lines by":       {func(a *assignment.Assignment) { a.SSHBy += "\nroot" }, "ssh_by has 19 bytes, or a control character"},
		"a long line by":     {func(a *assignment.Assignment) { a.SSHBy = strings.Repeat("b", 201) }, "at most 200"},
		"owners":             {func(a *assignment.Assignment) { a.Organisation = "octo\nhexa" }, "organisation has 9 bytes, or a control character"},
		"a long owner":       {func(a *assignment.Assignment) { a.Organisation = strings.Repeat("o", 101) }, "at most 100"},
	} {
		spoilt := whole
		spoilt.SSHKeys = slices.Clone(whole.SSHKeys)
		test.spoil(&spoilt)
		if _, err := assignment.Encode(spoilt); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", what, err, test.want)
		}
	}
}

// The most that is allowed fits into a document, beside a JIT config that is longer than GitHub's.
func TestTheMostKeysFitIntoAnAssignment(t *testing.T) {
	most := whole
	most.SSHKeys = slices.Repeat([]string{strings.Repeat("<", 170)}, 32) // JSON writes < as six bytes
	if err := assignment.CheckSSHKeys(most.SSHKeys); err != nil {
		t.Fatal(err)
	}
	body, err := assignment.Encode(most)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > assignment.MaxBytes-16<<10 {
		t.Errorf("it has %d bytes, want 16 KiB left of %d for a JIT config", len(body), assignment.MaxBytes)
	}
	if _, err := assignment.Decode(body, host); err != nil {
		t.Error(err)
	}
}

func TestWhoIsNotLetInIsNotMentioned(t *testing.T) {
	plain := whole
	plain.SSHKeys, plain.SSHBy, plain.Organisation = nil, "", ""
	body, err := assignment.Encode(plain)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "ssh") || strings.Contains(string(body), "organisation") {
		t.Errorf("got %s, want nothing about logins or owners", body)
	}
}

// Whatever an assignment says of keys, it says as lines: whoever reads it writes them to a file of lines.
func FuzzDecodeKeys(f *testing.F) {
	f.Add("ssh-ed25519 AAAA", "the stack", "octo")
	f.Add("ssh-ed25519 AAAA\nssh-rsa", "the\x1bstack", "octo\u0085")
	f.Fuzz(func(t *testing.T, key, by, owner string) {
		asked := whole
		asked.SSHKeys, asked.SSHBy, asked.Organisation = []string{key}, by, owner
		body, err := assignment.Encode(asked)
		if err != nil {
			return
		}
		got, err := assignment.Decode(body, host)
		if err != nil || strings.ContainsAny(strings.Join(got.SSHKeys, "")+got.SSHBy+got.Organisation, "\x00\r\n") {
			t.Errorf("%q, %q, %q: got %+v, %v", key, by, owner, got, err)
		}
	})
}
