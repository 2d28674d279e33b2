// Package githubapp is the server's GitHub client. Its caller says as which of several GitHub Apps it
// acts: to make, list and remove just-in-time runners of a repository, and to read what its webhooks
// may not have told. It alone knows go-github.
//
//	App's key ─▶ JWT, 9 min ─▶ installation, once a repository ─▶ token, 1 h ─▶ calls
//	                                                              one repository, one purpose
//
// Where it matters which error it is, it is [runner.ErrNameTaken], [runner.ErrBusy],
// [runner.ErrRejected], [runner.ErrDenied], [runner.ErrGone] or a [*runner.LimitError]: nothing waits
// in here for a limit to end. No error holds a token, a key, a JIT config, a header or a query.
package githubapp

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Config is what a client is made of.
type Config struct {
	// BaseURL is where GitHub's API is: https://api.github.com, https://api.NAME.ghe.com, or
	// https://HOST/api/v3 of an Enterprise Server. Plain http is for GitHubs in a process: a loopback
	// address or a name with no dot.
	BaseURL string
	Apps    []App        // none, until somebody has set one up and [Client.SetApps] is told
	Client  *http.Client // see pkg/outbound; one without a timeout, as nil is, gives each call 10 s
	// Masker is told every key, JWT, token and JIT config before it is used; nil is nobody.
	Masker *secret.Masker
}

func parseBaseURL(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil { // not told: it might hold a password
		return nil, errors.New("base_url: it is no URL: give https://api.github.com or https://HOST/api/v3")
	}
	switch {
	case base.User != nil:
		return nil, errors.New("base_url: it holds a user: the Apps' keys are all that is needed, take it out")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("base_url: it has a query or a fragment: end it with the path")
	case base.Hostname() == "" || base.Scheme != "https" && (base.Scheme != "http" || !isNear(base.Hostname())):
		return nil, fmt.Errorf("base_url: it is %q: give an https URL, or an http URL of a loopback address or of a name with no dot", text)
	}
	if meant := apiOf(base); meant != nil && strings.TrimSuffix(base.String(), "/") != meant.String() {
		return nil, fmt.Errorf("base_url: it is %q, which is no address of GitHub's API: give %s", text, meant)
	}
	return base.JoinPath("/"), nil
}

// apiOf is where the API of the GitHub of an https URL is; nil where that is not known.
// Source: docs.github.com, "Getting started with the REST API", for each kind of GitHub.
func apiOf(base *url.URL) *url.URL {
	host := strings.TrimPrefix(strings.ToLower(base.Host), "api.")
	switch {
	case base.Scheme != "https":
		return nil
	case host == "github.com", host == "www.github.com":
		return &url.URL{Scheme: "https", Host: "api.github.com"}
	case strings.HasSuffix(host, ".ghe.com"):
		return &url.URL{Scheme: "https", Host: "api." + host}
	}
	return &url.URL{Scheme: "https", Host: base.Host, Path: "/api/v3"}
}

// isNear says whether a host is this machine, or a name that only its own network knows.
func isNear(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return !strings.ContainsAny(host, ".:")
}
