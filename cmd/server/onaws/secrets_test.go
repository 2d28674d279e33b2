package onaws

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/pkg/secret/secretsmanager"
)

// vault is a source whose one secret a test changes.
type vault struct {
	values []string
	err    error
	doubts []string
}

func (v *vault) Live(context.Context, string) ([]secret.Text, error) {
	var all []secret.Text
	for _, value := range v.values {
		all = append(all, secret.New(value))
	}
	return all, v.err
}

func (v *vault) Doubt(arn string) { v.doubts = append(v.doubts, arn) }

func TestWebhookSecretsAreTheOnesThatAreFit(t *testing.T) {
	first, second := strings.Repeat("1", 32), strings.Repeat("2", 32)
	for name, test := range map[string]struct {
		values []string
		err    error
		want   int
	}{
		"not set up":              {nil, secretsmanager.ErrNotSetUp, 0},
		"one":                     {[]string{first}, nil, 1},
		"one, and the one before": {[]string{first, second}, nil, 2},
		"one, and no real one":    {[]string{first, "to be set"}, nil, 1},
		"one that is too short":   {[]string{"short"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := signing{source: &vault{values: test.values, err: test.err}, arn: "arn"}
			values, err := s.Live(t.Context())
			if (err == nil) != (test.want > 0) || err == nil && len(values) != test.want {
				t.Errorf("got %d values and error %v, want %d", len(values), err, test.want)
			}
		})
	}
	v := new(vault)
	signing{source: v, arn: "arn"}.Doubt()
	if diff := cmp.Diff([]string{"arn"}, v.doubts); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
}

// listed is a secret with these Apps, each with a key of its own.
func listed(t *testing.T, ids ...int64) string {
	t.Helper()
	var all []map[string]any
	for _, id := range ids {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
		all = append(all, map[string]any{"id": id, "key": string(block)})
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAppsComeAndChangeAndStayWhileTheyCannotBeRead(t *testing.T) {
	client, err := githubapp.New(githubapp.Config{BaseURL: "https://api.github.com"})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	v := &vault{err: secretsmanager.ErrNotSetUp}
	a := &apps{Client: client, source: v, arn: "arn", log: slog.New(slog.NewTextHandler(&log, nil))}
	want := func(when, says string, lines int, ids ...int64) {
		t.Helper()
		log.Reset()
		for range 3 { // each pass asks; what did not change is told once
			if diff := cmp.Diff(append([]int64{}, ids...), a.Apps()); diff != "" {
				t.Errorf("%s: Apps (-want +got):\n%s", when, diff)
			}
		}
		if got := strings.Count(log.String(), "\n"); got != lines || !strings.Contains(log.String(), says) {
			t.Errorf("%s: got log %q, want %d lines with %q", when, log.String(), lines, says)
		}
	}
	want("nobody has set one up", "", 0)
	v.err = errDown
	want("it cannot be read", "down", 1)
	v.values, v.err = []string{listed(t, 7)}, nil
	want("the first", "GitHub Apps read", 1, 7)
	v.values[0] = listed(t, 7, 8)
	want("a second", "GitHub Apps read", 1, 7, 8)
	v.values[0] = `[{"id": 9, "key": "canary"}]`
	want("one that is no key", "those known before are used", 1, 7, 8)
	v.values, v.err = nil, secretsmanager.ErrNotSetUp
	want("it is gone", "not set up", 1, 7, 8)
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log tells a key:\n%s", log.String())
	}
}
