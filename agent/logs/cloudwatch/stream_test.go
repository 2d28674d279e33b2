package cloudwatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/logs"
	"github.com/mayfly-ci/mayfly/agent/logs/cloudwatch"
	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
)

var _ logs.Store = (*cloudwatch.Stream)(nil)

// service is a CloudWatch Logs with one group, "agents". A fault answers instead of it.
type service struct {
	mu     sync.Mutex
	calls  []string
	made   int // streams
	texts  []string
	fault  func(w http.ResponseWriter, r *http.Request, call int) bool
	answer string // of PutLogEvents
}

func refuse(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":"said CloudWatch"}`, code)
	return true
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "Logs_20140328.")
	var input struct {
		LogGroupName, LogStreamName string
		LogEvents                   []struct {
			Message   string
			Timestamp int64
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if err := json.Unmarshal(body, &input); err != nil {
		refuse(w, http.StatusBadRequest, "SerializationException")
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, operation)
	call := len(s.calls)
	s.mu.Unlock()
	if s.fault != nil && s.fault(w, r, call) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case input.LogGroupName != "agents", operation == "PutLogEvents" && s.made == 0:
		refuse(w, http.StatusBadRequest, "ResourceNotFoundException")
	case operation == "CreateLogStream" && s.made > 0:
		refuse(w, http.StatusBadRequest, "ResourceAlreadyExistsException")
	case operation == "CreateLogStream":
		s.made++
	default:
		for _, event := range input.LogEvents {
			s.texts = append(s.texts, event.Message)
		}
		fmt.Fprint(w, s.answer)
	}
}

// shipping are logs that go to the service, over a network in a process.
func shipping(t *testing.T, s *service, credentials aws.CredentialsProvider) *logs.Logs {
	t.Helper()
	l := logs.New(logs.Config{Random: func() float64 { return 0 }})
	l.Ship(t.Context(), stream(t, s, "agents", credentials))
	return l
}

func stream(t *testing.T, s *service, group string, credentials aws.CredentialsProvider) *cloudwatch.Stream {
	t.Helper()
	if s.answer == "" {
		s.answer = "{}"
	}
	var network localnet.Network
	listener, err := network.Listen("logs:80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s}
	go func() { _ = server.Serve(listener) }()
	transport := network.Transport()
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close() })
	return cloudwatch.New(cloudwatch.Config{
		Group: group, Stream: "i-0123456789abcdef0", Region: "eu-west-1", Endpoint: "http://logs:80",
		Credentials: credentials, Client: &http.Client{Transport: transport},
	})
}

func TestAStreamIsMadeOnceAndAddedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		l := shipping(t, s, awstest.Credentials)
		for range 2 {
			fmt.Fprintln(l.Writer(""), `{"msg":"hello"}`)
			time.Sleep(6 * time.Second)
		}
		l.Close()
		if diff := cmp.Diff([]string{"CreateLogStream", "PutLogEvents", "PutLogEvents"}, s.calls); diff != "" {
			t.Errorf("calls, want - got +:\n%s", diff)
		}
		if diff := cmp.Diff([]string{`{"msg":"hello"}`, `{"msg":"hello"}`}, s.texts); diff != "" {
			t.Errorf("events, want - got +:\n%s", diff)
		}
	})
}

func TestAFaultOfCloudWatchsLosesNoLine(t *testing.T) {
	until := func(n int, fault func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, r *http.Request, call int) bool { return call <= n && fault(w, r) }
	}
	status := func(status int, code string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { return refuse(w, status, code) }
	}
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request, int) bool{
		"throttled":           until(4, status(http.StatusBadRequest, "ThrottlingException")),
		"unavailable":         until(4, status(http.StatusServiceUnavailable, "ServiceUnavailableException")),
		"not allowed yet":     until(4, status(http.StatusBadRequest, "AccessDeniedException")),
		"expired credentials": until(4, status(http.StatusBadRequest, "ExpiredTokenException")),
		"the group comes":     until(4, status(http.StatusBadRequest, "ResourceNotFoundException")),
		"another made it":     until(1, status(http.StatusBadRequest, "ResourceAlreadyExistsException")),
		"garbage": until(4, func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>")
			return true
		}),
		"slow": until(2, func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }),
		"reset": until(4, func(_ http.ResponseWriter, _ *http.Request) bool {
			panic(http.ErrAbortHandler)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{fault: fault}
				if name == "another made it" {
					s.made = 1
				}
				l := shipping(t, s, awstest.Credentials)
				fmt.Fprintln(l.Writer(""), "kept")
				time.Sleep(5 * time.Minute)
				if got := l.Close(); got != 0 {
					t.Errorf("lost: got %d lines, want none", got)
				}
				if diff := cmp.Diff([]string{"kept"}, s.texts); diff != "" {
					t.Errorf("events, want - got +:\n%s", diff)
				}
			})
		})
	}
}

func TestWhenCloudWatchIsDownTheEndIsInTime(t *testing.T) {
	gone := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("the role is gone")
	})
	hang := func(_ http.ResponseWriter, r *http.Request, _ int) bool { <-r.Context().Done(); return true }
	for name, test := range map[string]struct {
		fault       func(http.ResponseWriter, *http.Request, int) bool
		credentials aws.CredentialsProvider
	}{
		"hangs":                     {hang, awstest.Credentials},
		"credentials that are gone": {nil, gone},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := shipping(t, &service{fault: test.fault}, test.credentials)
				fmt.Fprintln(l.Writer(""), "lost")
				time.Sleep(time.Hour)
				began := time.Now()
				if got := l.Close(); got != 1 {
					t.Errorf("lost: got %d lines, want 1", got)
				}
				if got, want := time.Since(began), 10*time.Second; got > want {
					t.Errorf("closing took %v, want at most %v", got, want)
				}
			})
		})
	}
}

func TestWhatACallsErrorMeans(t *testing.T) {
	for code, want := range map[string]error{
		"InvalidParameterException": logs.ErrRefused,
		"ResourceNotFoundException": logs.ErrNoStream,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{fault: func(w http.ResponseWriter, _ *http.Request, _ int) bool {
				return refuse(w, http.StatusBadRequest, code)
			}}
			_, err := stream(t, s, "agents", awstest.Credentials).Put(t.Context(), []logs.Event{{At: time.Now(), Text: "x"}})
			if !errors.Is(err, want) || !strings.Contains(err.Error(), "i-0123456789abcdef0") {
				t.Errorf("%s: got %v, want one that names the stream and is %v", code, err, want)
			}
		})
	}
}

func TestAGroupThatIsNotThereIsNamedWithTheWayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := stream(t, &service{}, "nowhere", awstest.Credentials).Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), `"nowhere"`) || !strings.Contains(err.Error(), "log_group") {
			t.Errorf("got %v, want one that names the group and the setting", err)
		}
	})
}

func TestEventsThatWereNotKeptAreCounted(t *testing.T) {
	for answer, want := range map[string]int{
		`{}`: 0,
		`{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2}}`:                               2,
		`{"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":3}}`:                             1,
		`{"rejectedLogEventsInfo":{"expiredLogEventEndIndex":1,"tooNewLogEventStartIndex":2}}`: 3,
		`{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":9,"tooNewLogEventStartIndex":0}}`:  4,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answer: answer, made: 1}
			got, err := stream(t, s, "agents", awstest.Credentials).Put(t.Context(), make([]logs.Event, 4))
			if got != want || err != nil {
				t.Errorf("%s: got %d, %v, want %d", answer, got, err, want)
			}
		})
	}
}
