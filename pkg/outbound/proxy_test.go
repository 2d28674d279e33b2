package outbound_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/outbound"
)

// environment sets the proxy variables, and no others that mean the same.
func environment(t *testing.T, https, plain, not string) {
	t.Helper()
	for name, value := range map[string]string{"HTTPS_PROXY": https, "HTTP_PROXY": plain, "NO_PROXY": not} {
		t.Setenv(strings.ToLower(name), "")
		t.Setenv(name, value)
	}
}

func TestWhatGoesThroughTheProxy(t *testing.T) {
	environment(t, "http://proxy.example:3128", "http://plain.example:3128", "s3.eu-west-1.amazonaws.com,.corp.example")
	client, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://api.github.com/app":                "http://proxy.example:3128",
		"https://sqs.eu-west-1.amazonaws.com":       "http://proxy.example:3128",
		"http://hub.example":                        "http://plain.example:3128",
		"https://s3.eu-west-1.amazonaws.com/bucket": "",
		"https://ghe.corp.example/api/v3":           "",
		"http://169.254.169.254/latest/api/token":   "",
		"http://[fd00:ec2::254]/latest/api/token":   "",
		"http://[::ffff:169.254.169.254]/latest":    "",
		"http://169.254.170.2/v2/credentials/x":     "", // a container's credentials
		"http://127.0.0.1:8080":                     "",
		"http://[fd00:ec3::254]/":                   "http://plain.example:3128",
		"https://169.254.169.254.attacker.example/": "http://proxy.example:3128",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if proxy, err := client.Transport.(*http.Transport).Proxy(request); err != nil {
			t.Errorf("%s: %v", address, err)
		} else if proxy != nil {
			got = proxy.String()
		}
		if got != want {
			t.Errorf("%s: got proxy %q, want %q", address, got, want)
		}
	}
}

func TestABadProxyIsNamedAndItsPasswordIsNot(t *testing.T) {
	for _, bad := range []string{"http://", "ftp://proxy.example", "http://user:hunter2@proxy example:3128", "://hunter2"} {
		environment(t, bad, "", "")
		_, err := outbound.New(outbound.Config{})
		if err == nil || !strings.Contains(err.Error(), "HTTPS_PROXY") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an error that names HTTPS_PROXY and not its value", bad, err)
		}
	}
	environment(t, "proxy.example:3128", "http://user:password@proxy.example", "")
	if _, err := outbound.New(outbound.Config{}); err != nil {
		t.Errorf("good ones: %v", err)
	}
}
