package awstest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// ec2 launches at every call, as moto does.
type ec2 struct {
	calls  int
	status int
	gone   error // what the call's context said
}

func (e *ec2) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.calls++
	e.gone = r.Context().Err()
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.status)
	_, _ = fmt.Fprintf(w, "fleet-%d %s", e.calls, r.FormValue("Action"))
}

// says is the answer to a call with these values.
func says(ctx context.Context, t *testing.T, handler http.Handler, values string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(values))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if _, code, refused := strings.Cut(w.Body.String(), "<Code>"); refused {
		code, _, _ = strings.Cut(code, "<")
		return fmt.Sprint(w.Code, " ", code)
	}
	return fmt.Sprint(w.Code, " ", w.Body)
}

func TestAFleetCallWithATokenIsMadeOnce(t *testing.T) {
	moto := &ec2{status: http.StatusOK}
	tokens := awstest.NewClientTokens(moto)
	for _, test := range []struct{ call, want string }{
		{"Action=CreateFleet&ClientToken=a&Count=2", "200 fleet-1 CreateFleet"},
		{"Action=CreateFleet&ClientToken=a&Count=2", "200 fleet-1 CreateFleet"},
		{"ClientToken=a&Count=2&Action=CreateFleet", "200 fleet-1 CreateFleet"},
		{"Action=CreateFleet&ClientToken=a&Count=3", "400 IdempotentParameterMismatch"},
		{"Action=CreateFleet&ClientToken=b&Count=2", "200 fleet-2 CreateFleet"},
		{"Action=CreateFleet&Count=2", "200 fleet-3 CreateFleet"},
		{"Action=CreateFleet&Count=2", "200 fleet-4 CreateFleet"},
		{"Action=DescribeInstances&ClientToken=a", "200 fleet-5 DescribeInstances"},
	} {
		if diff := cmp.Diff(test.want, says(t.Context(), t, tokens, test.call)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.call, diff)
		}
	}
}

func TestAFleetCallIsRememberedThoughItsCallerIsGone(t *testing.T) {
	moto := &ec2{status: http.StatusOK}
	tokens := awstest.NewClientTokens(moto)
	gone, leave := context.WithCancel(t.Context())
	leave()
	says(gone, t, tokens, "Action=CreateFleet&ClientToken=a")
	if moto.gone != nil {
		t.Errorf("the call was cut off: %v", moto.gone)
	}
	if got, want := says(t.Context(), t, tokens, "Action=CreateFleet&ClientToken=a"), "200 fleet-1 CreateFleet"; got != want {
		t.Errorf("repeated: got %q, want %q", got, want)
	}
}

func TestAFleetCallThatFailedMayBeMadeAgain(t *testing.T) {
	moto := &ec2{status: http.StatusServiceUnavailable}
	tokens := awstest.NewClientTokens(moto)
	says(t.Context(), t, tokens, "Action=CreateFleet&ClientToken=a")
	moto.status = http.StatusOK
	if got, want := says(t.Context(), t, tokens, "Action=CreateFleet&ClientToken=a"), "200 fleet-2 CreateFleet"; got != want {
		t.Errorf("repeated: got %q, want %q", got, want)
	}
}
