package secret_test

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// encodings are those that a masker promises to know.
var encodings = []func(plain string) string{
	func(plain string) string { return plain },
	func(plain string) string { return base64.StdEncoding.EncodeToString([]byte(plain)) },
	func(plain string) string { return base64.RawURLEncoding.EncodeToString([]byte("a" + plain)) },
	func(plain string) string { return base64.RawStdEncoding.EncodeToString([]byte("ab" + plain + "c")) },
	url.QueryEscape,
	url.PathEscape,
	func(plain string) string { return strings.ReplaceAll(url.QueryEscape(plain), "+", "%20") },
	func(plain string) string { return url.QueryEscape(base64.URLEncoding.EncodeToString([]byte(plain))) },
}

// compose makes a text of noise and of secrets: each byte of a plan is a piece of either.
func compose(plan []byte, secrets []string) (text string) {
	var b strings.Builder
	for _, step := range plan {
		which, how := int(step>>7), int(step>>3)&7
		encoded := encodings[how](secrets[which])
		switch step & 7 {
		case 0, 1, 2, 3:
			b.WriteString(encoded)
		case 4:
			b.WriteString(encoded[:len(encoded)*how/8])
		case 5:
			b.WriteString(encoded[len(encoded)*how/8:])
		case 6:
			b.WriteByte(" %+=\n4a\xff"[how])
		default:
			b.WriteString(strings.Repeat("noise ", how))
		}
	}
	return b.String()
}

// split writes a text in pieces, each as long as the next byte says.
func split(t *testing.T, masker *secret.Masker, text string, lengths []byte) string {
	t.Helper()
	var out bytes.Buffer
	writer := secret.NewWriter(&out, masker)
	for i := 0; text != ""; i++ {
		n := len(text)
		if len(lengths) > 0 {
			n = min(n, int(lengths[i%len(lengths)])+1)
		}
		if _, err := writer.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func FuzzMasker(f *testing.F) {
	f.Add(canary, awkward, []byte{0, 8, 16, 24, 32, 40, 48, 56, 128, 136, 144, 160, 168}, []byte{0})
	f.Add("abababab", "babababab", []byte{0, 128, 7, 4, 133, 0, 0, 62}, []byte{3, 1})
	f.Add("%25%25%25", "%%%%%%%%+ +", []byte{32, 160, 38, 46, 0, 128}, []byte{0, 0, 1})
	f.Add("secret!!", "secret!!secret!!!", []byte{0, 6, 128, 0, 132, 180}, []byte{})
	f.Fuzz(func(t *testing.T, one, two string, plan, lengths []byte) {
		if len(one) < secret.MinBytes || len(two) < secret.MinBytes || len(one)+len(two) > 80 || len(plan) > 14 {
			return // no secrets, or too much for a try
		}
		if strings.Contains(one+two, "*") {
			return // a secret of asterisks may be made by what is put in secrets' places
		}
		masker, secrets := masking(t, one, two), []string{one, two}
		text := compose(plan, secrets)
		got := split(t, masker, text, lengths)

		for _, plain := range secrets {
			for i, encode := range encodings {
				form := encode(plain)
				if before := i - 1; i == 2 || i == 3 { // the ends hold bits of what stands beside the secret
					form = form[i : (before+len(plain))*8/6]
				}
				if strings.Contains(got, form) {
					t.Errorf("got %q, in which is %q, a form of %q", got, form, plain)
				}
			}
		}
		if whole := masker.MaskString(text); got != whole {
			t.Errorf("got %q in pieces, want %q, as of the whole", got, whole)
		}
		if want := reference(text, secrets); got != want {
			t.Errorf("got %q, want %q of %q", got, want, text)
		}
		if noise := strings.ReplaceAll(text, "*", ""); !masked(noise, secrets) && split(t, masker, noise, lengths) != noise {
			t.Errorf("got another text than %q, in which there is no secret", noise)
		}
	})
}
