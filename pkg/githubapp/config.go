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
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Config is what a client is made of.
type Config struct {
	// BaseURL is where GitHub's API is: https://api.github.com, or https://HOST/api/v3 of an
	// Enterprise Server. Plain http is for GitHubs in a process: a loopback address or a name with no dot.
	BaseURL string
	Apps    []App        // at least one
	Client  *http.Client // nil gives each call 10 s
	// Masker is told every key, JWT, token and JIT config before it is used; nil is nobody.
	Masker *secret.Masker
}

// App is a GitHub App.
type App struct {
	ID  int64
	Key secret.Text // RSA private key, PEM
}

// app is an App with its key read.
type app struct {
	id  int64
	key *rsa.PrivateKey
}

// parse checks every field, and reports all that is wrong at once.
func (c Config) parse() (base *url.URL, apps []app, err error) {
	base, err = parseBaseURL(c.BaseURL)
	problems := []error{err}
	if len(c.Apps) == 0 {
		problems = append(problems, errors.New("apps: the list is empty: give the id and the private key of at least one GitHub App"))
	}
	seen := map[int64]bool{}
	for i, a := range c.Apps {
		_ = c.Masker.Register(a.Key, time.Time{}) // one that is too short for it is no key either
		key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(a.Key.Reveal()))
		if err != nil { // not told: it might hold some of the key
			problems = append(problems, fmt.Errorf("apps[%d]: the key of App %d is no RSA private key: give the .pem file that GitHub made, as it is", i, a.ID))
		}
		if a.ID <= 0 || seen[a.ID] {
			problems = append(problems, fmt.Errorf("apps[%d]: the id is %d: give each App's own, as its settings page shows it", i, a.ID))
		}
		seen[a.ID] = true
		apps = append(apps, app{id: a.ID, key: key})
	}
	return base, apps, errors.Join(problems...)
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
	return base.JoinPath("/"), nil
}

// isNear says whether a host is this machine, or a name that only its own network knows.
func isNear(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return !strings.ContainsAny(host, ".:")
}
