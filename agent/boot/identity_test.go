package boot

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

const (
	identity = `{"instanceId":"i-0123456789abcdef0","region":"eu-west-1","pendingTime":"2026-01-02T03:04:05Z",` +
		`"instanceType":"m7a.large","availabilityZone":"eu-west-1a","imageId":"ami-01234567","new":{"of":"AWS's"}}`
	keys = `{"Code":"Success","LastUpdated":"x","Type":"AWS-HMAC","AccessKeyId":"ASIA","SecretAccessKey":"secret","Token":"token","Expiration":"2000-01-01T06:00:00Z"}`
)

// with is a JSON object with a field that is another.
func with(t *testing.T, document, field string, value any) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(document), &fields); err != nil {
		t.Fatal(err)
	}
	fields[field] = value
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestIdentifyTellsWhoThisIs(t *testing.T) {
	got, err := newService(says(identity)).open().Identify(t.Context())
	want := Instance{
		ID: "i-0123456789abcdef0", Region: "eu-west-1", LaunchedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Type: "m7a.large", Zone: "eu-west-1a", Image: "ami-01234567",
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAnIdentityThatIsNotEC2sIsRefused(t *testing.T) {
	for body, want := range map[string]string{
		"":                          "not the JSON object",
		"<html>":                    "not the JSON object",
		identity[:20]:               "not the JSON object",
		identity + identity:         "more after",
		`["i-0123456789abcdef0"]`:   "not the JSON object",
		strings.Repeat(" ", 65<<10): "longer than the 65536 bytes",
		with(t, identity, "instanceId", "i-0/../x"):            `instanceId is "i-0/../x"`,
		with(t, identity, "instanceId", "i-0123456789ABCDEF0"): "instanceId is",
		with(t, identity, "instanceId", 7):                     "not the JSON object",
		with(t, identity, "region", "eu-west-1.evil.example"):  "region is",
		with(t, identity, "region", "eu-west-1\n"):             "region is",
		with(t, identity, "pendingTime", nil):                  "pendingTime is missing",
		with(t, identity, "pendingTime", "yesterday"):          "not the JSON object",
		with(t, identity, "imageId", "##[error]"):              "none of EC2's names",
		with(t, identity, "instanceType", "m7a.large\nx"):      "none of EC2's names",
		with(t, identity, "availabilityZone", "a b"):           "none of EC2's names",
	} {
		if got, err := newService(says(body)).open().Identify(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %+v, %v, want an error with %q", body, got, err, want)
		}
	}
}

// role answers as a role's path does, and below it with its credentials.
func role(name, credentials string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			says(name)(w, r)
			return
		}
		says(credentials)(w, r)
	}
}

func TestCredentialsAreReadOnceAndRenewedBeforeTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight of 1 January 2000
		s := newService(role("mayfly-runner", keys))
		provider := s.open().Credentials()
		for _, wait := range []time.Duration{0, 5*time.Hour + 54*time.Minute, 2 * time.Minute} {
			time.Sleep(wait)
			got, err := provider.Retrieve(t.Context())
			want := aws.Credentials{
				AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "token",
				CanExpire: true, Expires: got.Expires, Source: "instance metadata",
			}
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		}
		if got, want := len(s.asked), 6; got != want {
			t.Errorf("asked for %q, want %d things: a token, the role and its credentials, twice", s.asked, want)
		}
	})
}

func TestCredentialsThatAreNotWholeAreRefused(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no role":        role("", keys),
		"a path as role": role("../../user-data", keys),
		"no JSON":        role("r", "secret"),
		"not successful": role("r", with(t, keys, "Code", "Failed")),
		"no key":         role("r", with(t, keys, "AccessKeyId", "")),
		"no secret":      role("r", with(t, keys, "SecretAccessKey", nil)),
		"no token":       role("r", with(t, keys, "Token", "")),
		"no end":         role("r", with(t, keys, "Expiration", nil)),
	} {
		_, err := newService(answer).open().Credentials().Retrieve(t.Context())
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want an error that tells no secret", name, err)
		}
	}
}
