package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
)

const adminKey = "a-token-for-the-page-of-32-bytes-or-more"

func TestThePageIsForWhoeverHasItsToken(t *testing.T) {
	closed, open := newFront(t, server.Config{}), newFront(t, server.Config{AdminToken: secret.New(adminKey), MetricsToken: secret.New(metricsKey)})
	for name, test := range map[string]struct {
		front  *front
		path   string
		header [2]string
		want   int
	}{
		"the token":               {open, "/admin/", [2]string{"Authorization", "Bearer " + adminKey}, http.StatusOK},
		"without the slash":       {open, "/admin", [2]string{"Authorization", "Bearer " + adminKey}, http.StatusSeeOther},
		"the style":               {open, "/admin/style.css", [2]string{"Cookie", "mayfly_admin=" + adminKey}, http.StatusOK},
		"in a cookie":             {open, "/admin/", [2]string{"Cookie", "mayfly_admin=" + adminKey}, http.StatusOK},
		"in another cookie":       {open, "/admin/", [2]string{"Cookie", "mayfly=" + adminKey}, http.StatusNotFound},
		"an empty cookie":         {open, "/admin/", [2]string{"Cookie", "mayfly_admin="}, http.StatusNotFound},
		"none":                    {open, "/admin/", [2]string{}, http.StatusNotFound},
		"none, of the style":      {open, "/admin/style.css", [2]string{}, http.StatusNotFound},
		"the metrics' token":      {open, "/admin/", [2]string{"Authorization", "Bearer " + metricsKey}, http.StatusNotFound},
		"its beginning":           {open, "/admin/", [2]string{"Authorization", "Bearer " + adminKey[:32]}, http.StatusNotFound},
		"an empty one, and no":    {closed, "/admin/", [2]string{"Authorization", "Bearer "}, http.StatusNotFound},
		"no cookie, and no":       {closed, "/admin/", [2]string{"Cookie", "mayfly_admin="}, http.StatusNotFound},
		"the token where none is": {closed, "/admin/", [2]string{"Authorization", "Bearer " + adminKey}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://server:80"+test.path, http.NoBody)
			if test.header[0] != "" {
				request.Header.Set(test.header[0], test.header[1])
			}
			answer := httptest.NewRecorder()
			test.front.handler.ServeHTTP(answer, request)
			if answer.Code != test.want || test.want == http.StatusNotFound && answer.Body.Len() > 0 {
				t.Errorf("got %d and %d bytes, want %d", answer.Code, answer.Body.Len(), test.want)
			}
			if strings.Contains(test.front.log.String(), adminKey) {
				t.Error("the token is in the log")
			}
		})
	}
}

func TestAShortTokenIsRefused(t *testing.T) {
	short := secret.New(strings.Repeat("x", 31))
	_, err := server.New(server.Config{MetricsToken: short, AdminToken: short}, server.Seams{})
	for _, want := range []string{"MetricsToken has 31 bytes and needs at least 32", "AdminToken has 31 bytes and needs at least 32"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}
