package secret_test

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestASecretIsCaughtHoweverItIsSplit(t *testing.T) {
	masker := masking(t, canary, awkward, canary+" and more")
	text := "token=" + canary + ", " + url.QueryEscape(awkward) + "&" + url.PathEscape(awkward) + " 5% " + canary + " and no more\n"
	want := "token=***, ***&*** 5% *** and no more\n"
	for first := range len(text) {
		for second := first; second <= len(text); second += 7 {
			var out bytes.Buffer
			writer := secret.NewWriter(&out, masker)
			for _, piece := range []string{text[:first], text[first:second], "", text[second:]} {
				if n, err := io.WriteString(writer, piece); n != len(piece) || err != nil {
					t.Fatalf("got %d, %v, want all %d bytes taken", n, err, len(piece))
				}
			}
			if got := out.String(); got != want {
				t.Fatalf("split at %d and %d: got %q, want %q", first, second, got, want)
			}
		}
	}
}

func TestWhatIsNoSecretIsPassedOnAtOnce(t *testing.T) {
	var out bytes.Buffer
	writer := secret.NewWriter(&out, masking(t, canary))
	for _, row := range []struct{ write, want string }{
		{"50 of 100", "50 of 100"},
		{" can", "50 of 100 "},
		{"ary", "50 of 100 "},
		{"!", "50 of 100 canary!"},
		{"\n100 %", "50 of 100 canary!\n100 "},
		{" done", "50 of 100 canary!\n100 % done"},
	} {
		if _, err := io.WriteString(writer, row.write); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != row.want {
			t.Errorf("after %q: got %q, want %q", row.write, got, row.want)
		}
	}
}

func TestFlushPassesOnWhatWasKept(t *testing.T) {
	for text, want := range map[string]string{
		"can":                 "can",
		canary[:8]:            "***",
		"x" + canary[:20]:     "x***",
		"x" + canary:          "x***",
		"100%":                "100%",
		canary[:11] + "%2Dpk": "***",
	} {
		var out bytes.Buffer
		writer := secret.NewWriter(&out, masking(t, canary))
		if _, err := io.WriteString(writer, text); err != nil {
			t.Fatal(err)
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want {
			t.Errorf("%q, flushed: got %q, want %q", text, got, want)
		}
		if _, err := io.WriteString(writer, "; more can"); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), want+"; more can"; got != want {
			t.Errorf("%q, closed: got %q, want %q", text, got, want)
		}
		if n, err := io.WriteString(writer, "x"); n != 0 || !errors.Is(err, secret.ErrClosed) {
			t.Errorf("after Close: got %d, %v, want %v", n, err, secret.ErrClosed)
		}
	}
}

func TestASecretRegisteredLaterIsMaskedFromThenOn(t *testing.T) {
	masker := secret.NewMasker()
	var out bytes.Buffer
	writer := secret.NewWriter(&out, masker)
	for range 2 {
		if _, err := io.WriteString(writer, canary+"\n"); err != nil {
			t.Fatal(err)
		}
		if err := masker.Register(secret.New(canary), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := out.String(), canary+"\n***\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// endless counts what is passed on, and how much at most is kept back meanwhile.
type endless struct{ passed, writes int }

func (e *endless) Write(p []byte) (int, error) { e.passed += len(p); e.writes++; return len(p), nil }

func TestAWriterKeepsBackNoMoreThanASecret(t *testing.T) {
	var out endless
	plain := strings.Repeat("a", 100)
	writer := secret.NewWriter(&out, masking(t, plain))
	text := []byte(strings.Repeat("a", 99) + "b")
	for n := 1; n <= 1000; n++ {
		if _, err := writer.Write(text[:50]); err != nil {
			t.Fatal(err)
		}
		if kept := n*100 - 50 - out.passed; kept > 100 {
			t.Fatalf("got %d bytes kept back, want at most the secret's 100", kept)
		}
		if _, err := writer.Write(text[50:]); err != nil {
			t.Fatal(err)
		}
	}
	// A secret that overlaps itself without end is masked once, and nothing of it is kept.
	before := out.passed
	if _, err := writer.Write(bytes.Repeat([]byte("a"), 10<<20)); err != nil {
		t.Fatal(err)
	}
	if got := out.passed - before; got != len("***") {
		t.Errorf("10 MiB of a secret: got %d bytes, want asterisks", got)
	}
}

var errBroken = errors.New("broken pipe")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestAWriterTellsOfTheErrorBehindIt(t *testing.T) {
	writer := secret.NewWriter(broken{}, masking(t, canary))
	if n, err := io.WriteString(writer, "text"); n != 0 || !errors.Is(err, errBroken) {
		t.Errorf("Write: got %d, %v, want %v", n, err, errBroken)
	}
	if _, err := io.WriteString(writer, "can"); err != nil {
		t.Errorf("kept back: got %v, want no error", err)
	}
	if err := writer.Flush(); !errors.Is(err, errBroken) {
		t.Errorf("Flush: got %v, want %v", err, errBroken)
	}
}
