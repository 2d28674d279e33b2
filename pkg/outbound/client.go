// Package outbound makes the HTTP client by which the server calls others: GitHub and AWS. It keeps to
// the standard proxy variables, trusts a bundle of certificates beside the system's, and follows no
// redirect.
package outbound

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Times that belong to the way to a server, not to what it does: how long a whole call may take is its
// caller's to say.
const (
	dialFor      = 5 * time.Second
	handshakeFor = 5 * time.Second
	keptFor      = 90 * time.Second // a connection that nobody uses
	// keptPerHost is more than there are calls to GitHub at a time, so that a burst makes no handshake twice.
	keptPerHost = 64
)

// Config is what a client is made of, besides the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
type Config struct {
	CABundle string // file of certificates, PEM, to be trusted beside the system's; empty is none
}

// New makes a client. Its transport is a [*http.Transport], and it has no timeout of its own. TLS is 1.2
// or later, and 1.3 with github.com and ghe.com. The error names the file or the variable that is wrong.
func New(config Config) (*http.Client, error) {
	roots, caErr := trusted(config.CABundle)
	proxy, proxyErr := proxyFromEnvironment()
	if err := errors.Join(caErr, proxyErr); err != nil {
		return nil, err
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:               proxy,
			DialContext:         (&net.Dialer{Timeout: dialFor}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, VerifyConnection: modern},
			TLSHandshakeTimeout: handshakeFor,
			IdleConnTimeout:     keptFor,
			MaxIdleConnsPerHost: keptPerHost,
			ForceAttemptHTTP2:   true, // which a TLS configuration of one's own switches off
		},
	}, nil
}

// modern refuses anything below TLS 1.3 from GitHub's own hosts. A proxy that reads along may speak for them.
func modern(state tls.ConnectionState) error {
	if isGitHubs(state.ServerName) && state.Version < tls.VersionTLS13 {
		return fmt.Errorf("%s speaks %s, and GitHub has TLS 1.3: a proxy on the way has to speak it too", state.ServerName, tls.VersionName(state.Version))
	}
	return nil
}

func isGitHubs(host string) bool {
	for _, domain := range []string{"github.com", "ghe.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
