package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	minTokenBytes = 32 // as many as a webhook's secret
	adminPath     = "/admin"
	adminCookie   = "mayfly_admin"
)

// tooShort are the tokens of a configuration that could be guessed.
func (c Config) tooShort() error {
	var problems []error
	for _, token := range []struct {
		name string
		text secret.Text
	}{{"AdminToken", c.AdminToken}, {"MetricsToken", c.MetricsToken}, {"TickToken", c.TickToken}} {
		if n := len(token.text.Bytes()); n > 0 && n < minTokenBytes {
			problems = append(problems, fmt.Errorf("server: %s has %d bytes and needs at least %d: make one with `openssl rand -hex 32`, or leave it out",
				token.name, n, minTokenBytes))
		}
	}
	return errors.Join(problems...)
}

// bears says whether a request has a token; nobody has one that is empty.
func bears(r *http.Request, token secret.Text) bool {
	shown, bears := strings.CutPrefix(r.Header.Get(echo.HeaderAuthorization), "Bearer ")
	return bears && opens(token, shown)
}

// carries is the same of a browser, which has it as a cookie. Whoever makes it send one unasked is shown nothing.
func carries(r *http.Request, token secret.Text) bool {
	cookie, err := r.Cookie(adminCookie)
	return err == nil && opens(token, cookie.Value)
}

func opens(token secret.Text, shown string) bool {
	return !token.Empty() && token.Equal(secret.New(shown))
}

// administered shows the page to whoever has its token.
func (s *Server) administered(c echo.Context) error {
	r := c.Request()
	return s.behind(c, bears(r, s.config.AdminToken) || carries(r, s.config.AdminToken), s.Page(adminPath))
}

// behind lets those in who may. To all others there is nothing, as at any other path.
func (s *Server) behind(c echo.Context, may bool, handler http.Handler) error {
	if !may {
		handler = s.webhook
	}
	handler.ServeHTTP(c.Response(), c.Request())
	return nil
}
