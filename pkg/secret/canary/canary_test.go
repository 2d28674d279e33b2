package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const plain = "canary-9b2e+planted"

// module is a folder with a test that plants secrets.
func module(t *testing.T, test string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "pkg", "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"pkg/a/a_test.go": test, "pkg/a/a.go": `const other = "canary-no-test"`} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func output(t *testing.T, events ...event) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		if err := json.NewEncoder(&b).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestItFailsWhereASecretIsToldAndOnlyThere(t *testing.T) {
	root := module(t, `const one, two = "canary-9b2e", "canary-5fff-other"`)
	passed := []event{
		{Action: "output", Package: "p", Output: "PASS\n"}, {Action: "output", Package: "p", Output: "ok  \tp\t0.1s\n"}, {Action: "pass", Package: "p"},
	}
	said := func(text string) []event {
		half := len(text) / 2
		return append([]event{
			{Action: "output", Package: "p", Test: "TestA", Output: "    log: " + text[:half]},
			{Action: "output", Package: "p", Test: "TestB", Output: "between\n"},
			{Action: "output", Package: "p", Test: "TestA", Output: text[half:] + "\n"},
			{Action: "pass", Package: "p", Test: "TestA"},
		}, passed...)
	}
	failed := append(said("got 1, want 2"), event{Action: "fail", Package: "p", Test: "TestA"}, event{Action: "fail", Package: "p"})
	ok := "ok  \tp\t0.1s\n"
	for name, row := range map[string]struct {
		in   string
		code int
		want []string
	}{
		"nothing told":    {output(t, said("a canary, canary-free")...), 0, []string{ok, "canary: 2 planted secrets, told 0 times in "}},
		"plain":           {output(t, said("x"+plain)...), 1, []string{ok, "canary: canary-9b2e is told by p TestA\n", "told 1 times"}},
		"base64":          {output(t, said(base64.StdEncoding.EncodeToString([]byte("ab"+plain)))...), 1, []string{"canary-9b2e is told by p TestA"}},
		"URL":             {output(t, said(strings.ReplaceAll(url.QueryEscape(plain), "-", "%2d"))...), 1, []string{"canary-9b2e is told by p TestA"}},
		"the other one":   {output(t, said("canary-5fff-other")...), 1, []string{"canary-5fff-other is told by p TestA"}},
		"by the package":  {output(t, append(passed, event{Action: "output", Package: "p", Output: plain + "\n"})...), 1, []string{"canary-9b2e is told by p\n"}},
		"by go itself":    {"warning: " + plain + "\n" + output(t, passed...), 1, []string{"warning: " + plain + "\n", "canary-9b2e is told by \n"}},
		"a failed test":   {output(t, failed...), 1, []string{"    log: got 1, want 2\n", "told 0 times"}},
		"a failed build":  {output(t, event{Action: "build-output", Output: "a.go:1: no\n"}, event{Action: "build-fail"}), 1, []string{"a.go:1: no\n"}},
		"nothing was run": {"", 1, []string{"no test printed anything"}},
	} {
		var out bytes.Buffer
		if code := run(strings.NewReader(row.in), &out, root); code != row.code {
			t.Errorf("%s: got exit code %d, want %d", name, code, row.code)
		}
		for _, want := range row.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, out.String(), want)
			}
		}
		if strings.Contains(out.String(), "between") {
			t.Errorf("%s: got\n%s\nwant nothing of a test that passed", name, out.String())
		}
	}
}

func TestItFailsWhereNothingIsPlanted(t *testing.T) {
	var out bytes.Buffer
	in := output(t, event{Action: "output", Package: "p", Output: "ok\n"})
	if code := run(strings.NewReader(in), &out, module(t, "package a")); code != 1 || !strings.Contains(out.String(), "no test in") {
		t.Errorf("got %d, %q, want 1, for nothing is searched for", code, out.String())
	}
}
