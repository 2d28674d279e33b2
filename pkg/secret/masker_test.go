package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func masking(t testing.TB, secrets ...string) *secret.Masker {
	t.Helper()
	masker := secret.NewMasker()
	for _, plain := range secrets {
		if err := masker.Register(secret.New(plain), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	return masker
}

// awkward has all that encodings treat in their own ways.
const awkward = "a b+c/d=é\"\\<&\n%41?~ÿ>"

func TestAWholeEncodingOfASecretIsMasked(t *testing.T) {
	lower := func(encoded string) string { // the hexadecimal digits
		for b := range 256 {
			encoded = strings.ReplaceAll(encoded, fmt.Sprintf("%%%02X", b), fmt.Sprintf("%%%02x", b))
		}
		return encoded
	}
	every := func(plain string) string {
		var encoded strings.Builder
		for _, b := range []byte(plain) {
			fmt.Fprintf(&encoded, "%%%02X", b)
		}
		return encoded.String()
	}
	quoted := func(plain string) string { q := strconv.Quote(plain); return q[1 : len(q)-1] }
	inJSON := func(plain string) string {
		body, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		return string(body[1 : len(body)-1])
	}
	for name, encode := range map[string]func(string) string{
		"plain":                     func(plain string) string { return plain },
		"standard base64":           func(plain string) string { return base64.StdEncoding.EncodeToString([]byte(plain)) },
		"standard base64, unpadded": func(plain string) string { return base64.RawStdEncoding.EncodeToString([]byte(plain)) },
		"URL base64":                func(plain string) string { return base64.URLEncoding.EncodeToString([]byte(plain)) },
		"URL base64, unpadded":      func(plain string) string { return base64.RawURLEncoding.EncodeToString([]byte(plain)) },
		"query":                     url.QueryEscape,
		"query, lower case":         func(plain string) string { return lower(url.QueryEscape(plain)) },
		"query, %20":                func(plain string) string { return strings.ReplaceAll(url.QueryEscape(plain), "+", "%20") },
		"path":                      url.PathEscape,
		"path, lower case":          func(plain string) string { return lower(url.PathEscape(plain)) },
		"every byte escaped":        every,
		"every byte, lower case":    func(plain string) string { return lower(every(plain)) },
		"base64 in a query":         func(plain string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(plain))) },
		"Go's quotes":               quoted,
		"JSON":                      inJSON,
	} {
		for _, plain := range []string{canary, awkward, "8 bytes!", strings.Repeat("long and ", 1000)} {
			masker := masking(t, plain)
			if got, want := masker.MaskString("before|"+encode(plain)+"|after"), "before|***|after"; got != want {
				t.Errorf("%s of %q: got %q, want %q", name, plain, got, want)
			}
		}
	}
}

func TestASecretWithinABase64IsMaskedAtEveryAlignment(t *testing.T) {
	for name, encoding := range map[string]*base64.Encoding{
		"standard": base64.StdEncoding, "unpadded": base64.RawStdEncoding, "URL": base64.URLEncoding, "unpadded URL": base64.RawURLEncoding,
	} {
		for _, plain := range []string{canary, awkward, "\xff\xfe\xfd~?>\xff\xbf"} {
			masker := masking(t, plain)
			for before := range 7 {
				for after := range 7 {
					encoded := encoding.EncodeToString([]byte(strings.Repeat("\xff", before) + plain + strings.Repeat("\xff", after)))
					want := encoded[:(before*8+5)/6] + "***" + encoded[(before+len(plain))*8/6:]
					if before%3 == 0 && after == 0 { // as if it had been encoded alone
						want = encoded[:before*8/6] + "***"
					}
					if got := masker.MaskString(encoded); got != want {
						t.Errorf("%s, %d before and %d after: got %q, want %q", name, before, after, got, want)
					}
				}
			}
		}
	}
}

func TestSecretsThatMeet(t *testing.T) {
	const one, two = "abcdefgh", "efghijkl"
	for name, row := range map[string]struct {
		secrets    []string
		text, want string
	}{
		"none":                       {nil, one + two, one + two},
		"not there":                  {[]string{one}, "abcdefg abcdefgi", "abcdefg abcdefgi"},
		"twice":                      {[]string{one}, "x" + one + "y" + one + "z", "x***y***z"},
		"side by side":               {[]string{one}, one + one, "******"},
		"overlapping":                {[]string{one, two}, "<abcdefghijkl>", "<***>"},
		"overlapping itself":         {[]string{"abababab"}, "<ababababababa>", "<***a>"},
		"the beginning of another":   {[]string{one, one + "ijkl"}, one + "ijkl " + one + "ijk. " + one, "*** ***ijk. ***"},
		"within another":             {[]string{"cdefghij", "abcdefghijkl"}, "<abcdefghijkl>", "<***>"},
		"cut off by the end":         {[]string{canary}, "token " + canary[:8], "token ***"},
		"cut off, but too short":     {[]string{canary}, "token " + canary[:7], "token canary-"},
		"cut off within an escape":   {[]string{"secret%%%%secret"}, "secret%25%25%2", "***%2"},
		"percent signs of their own": {[]string{"100%ABsecret"}, "100%ABsecret 100%25ABsecret 100%", "*** *** 100%"},
		"a plus of its own":          {[]string{"1+1=secret"}, "1+1=secret 1%2B1%3Dsecret 1%2b1=secret 1 1=secret", "*** *** *** 1 1=secret"},
		"a space of its own":         {[]string{"one secret"}, "one secret one+secret one%20secret", "*** *** ***"},
	} {
		if got := masking(t, row.secrets...).MaskString(row.text); got != row.want {
			t.Errorf("%s: got %q, want %q", name, got, row.want)
		}
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	for _, masker := range []*secret.Masker{nil, secret.NewMasker()} {
		err := masker.Register(secret.New("1234567"), time.Time{})
		if err == nil || !strings.Contains(err.Error(), "it has 7 bytes, at least 8 are needed") || strings.Contains(err.Error(), "1234567") {
			t.Errorf("got %v, want how many bytes are needed, and not which they are", err)
		}
		if err := masker.Register(secret.New("12345678"), time.Time{}); err != nil {
			t.Errorf("8 bytes: got %v, want no error", err)
		}
	}
}

func TestASecretIsMaskedUntilItIsWorthNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		masker := secret.NewMasker()
		register := func(plain string, during time.Duration) {
			t.Helper()
			until := time.Time{}
			if during > 0 {
				until = time.Now().Add(during)
			}
			if err := masker.Register(secret.New(plain), until); err != nil {
				t.Fatal(err)
			}
		}
		register("for an hour", time.Hour)
		register("for two hours", time.Hour)
		register("for two hours", 2*time.Hour)
		register("for two hours", time.Minute)
		register("for ever, in the end", time.Hour)
		register("for ever, in the end", 0)
		register("for ever, in the end", time.Hour)
		for _, row := range []struct {
			after time.Duration
			want  string
		}{
			{59 * time.Minute, "***|***|***"},
			{2 * time.Minute, "for an hour|***|***"},
			{time.Hour, "for an hour|for two hours|***"},
			{1000 * time.Hour, "for an hour|for two hours|***"},
		} {
			time.Sleep(row.after)
			register("whoever comes next", time.Second)
			if got := masker.MaskString("for an hour|for two hours|for ever, in the end"); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		}
	})
}

func TestAMaskerMayBeUsedByMany(t *testing.T) {
	masker := masking(t, canary)
	var out bytes.Buffer
	writer := secret.NewWriter(&out, masker)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for i := range 50 {
				until := time.Now().Add(time.Duration(i%2) * time.Hour)
				if err := masker.Register(secret.New(fmt.Sprintf("secret-%d-%d", n, i)), until); err != nil {
					t.Error(err)
				}
				fmt.Fprintln(writer, "now", canary)
				if got, want := masker.MaskString(canary), "***"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
	group.Wait()
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), strings.Repeat("now ***\n", 8*50); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkMask masks a log of which every line has one of a thousand secrets, each as long as a JIT
// config.
func BenchmarkMask(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	masker, log := secret.NewMasker(), []byte(nil)
	for n := range 1000 {
		key := make([]byte, 3000)
		for i := range key {
			key[i] = byte(random.Uint32())
		}
		plain := base64.StdEncoding.EncodeToString(key)
		if err := masker.Register(secret.New(plain), time.Time{}); err != nil {
			b.Fatal(err)
		}
		if n < 20 {
			log = fmt.Appendf(log, `{"time":"2026-01-02T15:04:05Z","level":"INFO","msg":"runner booting","instance":"i-0123456789abcdef0","config":"%s"}`+"\n", plain)
		}
		log = append(log, strings.Repeat(`{"time":"2026-01-02T15:04:05Z","level":"INFO","msg":"job queued","job_id":7}`+"\n", 10)...)
	}
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		masker.Mask(log)
	}
}

// BenchmarkRegister registers a JIT config, and forgets another.
func BenchmarkRegister(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	masker, key := secret.NewMasker(), make([]byte, 3000)
	for b.Loop() {
		for i := range 8 {
			key[i] = byte(random.Uint32())
		}
		plain := secret.New(base64.StdEncoding.EncodeToString(key))
		if err := masker.Register(plain, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
