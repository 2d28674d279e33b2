package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestThePageIsShownUnderItsOwnAddressAlone(t *testing.T) {
	page := homely("127.0.0.1:4000", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"127.0.0.1:4000": http.StatusOK, "evil.example:4000": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		request.Host = host
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("host %q: got %d, want %d", host, answer.Code, want)
		}
	}
}
