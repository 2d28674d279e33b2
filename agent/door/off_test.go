package door

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// region is EC2's API and the metadata of one instance. What it answers is told for each request.
type region struct {
	api      func(n int) (status int, body string)
	metadata func(address string, n int) int // 0 is a connection that is refused
	asked    []*http.Request
	body     string
	tries    map[string]int
}

func (r *region) RoundTrip(request *http.Request) (*http.Response, error) {
	host := request.URL.Hostname()
	r.tries[host]++
	var status int
	var body string
	if strings.HasPrefix(host, "ec2.") {
		r.asked = append(r.asked, request)
		sent, _ := io.ReadAll(request.Body)
		r.body = string(sent)
		status, body = r.api(r.tries[host])
	} else {
		status = r.metadata(host, r.tries[host])
	}
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body))}, nil
}

func yes(int) (int, string)       { return http.StatusOK, "<ModifyInstanceMetadataOptionsResponse/>" }
func closed(string, int) int      { return http.StatusForbidden }
func unreachable(string, int) int { return 0 }

func fault(code string) string {
	return "<Response><Errors><Error><Code>" + code + "</Code><Message>You may not.</Message></Error></Errors></Response>"
}

func (r *region) shut(t *testing.T) error {
	r.tries = map[string]int{}
	return shut(t.Context(), Config{
		Mode: Off, Runner: 1001, Instance: "i-0123456789abcdef0", Region: "eu-west-1", Transport: r,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}, nil
		}),
	}, newSite().machine)
}

func TestTheInstanceAsksEC2ToSwitchItsMetadataOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &region{api: yes, metadata: closed}
		if err := r.shut(t); err != nil {
			t.Fatal(err)
		}
		request := r.asked[0]
		if got, want := request.Method+" "+request.URL.String(), "POST https://ec2.eu-west-1.amazonaws.com/"; got != want {
			t.Errorf("request: got %s, want %s", got, want)
		}
		got, err := url.ParseQuery(r.body)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{
			"Action": {"ModifyInstanceMetadataOptions"}, "Version": {"2016-11-15"},
			"InstanceId": {"i-0123456789abcdef0"}, "HttpEndpoint": {"disabled"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parameters, want - got +:\n%s", diff)
		}
		if got := request.Header.Get("Authorization"); !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=AKID/20000101/eu-west-1/ec2/aws4_request") {
			t.Errorf("Authorization: got %s, want a signature for ec2 in eu-west-1", got)
		}
		if got, want := request.Header.Get("X-Amz-Security-Token"), "session"; got != want {
			t.Errorf("session token: got %q, want %q", got, want)
		}
	})
}

func TestChinaHasADomainOfItsOwn(t *testing.T) {
	if got, want := apiURL("cn-north-1"), "https://ec2.cn-north-1.amazonaws.com.cn/"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestItWaitsForFiveRefusalsInARow(t *testing.T) {
	for name, test := range map[string]struct {
		metadata func(address string, n int) int
		want     map[string]int // requests to each address
	}{
		"by 403":        {closed, map[string]int{"169.254.169.254": 5, "fd00:ec2::254": 5}},
		"by no answer":  {unreachable, map[string]int{"169.254.169.254": 5, "fd00:ec2::254": 5}},
		"after a while": {until(3, "169.254.169.254"), map[string]int{"169.254.169.254": 8, "fd00:ec2::254": 5}},
		"IPv6 later":    {until(2, "fd00:ec2::254"), map[string]int{"169.254.169.254": 7, "fd00:ec2::254": 7}},
		"not in a row": {func(_ string, n int) int {
			if n == 5 {
				return http.StatusOK
			}
			return http.StatusForbidden
		}, map[string]int{"169.254.169.254": 11, "fd00:ec2::254": 10}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &region{api: yes, metadata: test.metadata}
				if err := r.shut(t); err != nil {
					t.Fatal(err)
				}
				delete(r.tries, "ec2.eu-west-1.amazonaws.com")
				if diff := cmp.Diff(test.want, r.tries); diff != "" {
					t.Errorf("requests, want - got +:\n%s", diff)
				}
			})
		})
	}
}

// until answers so many times at an address.
func until(times int, address string) func(string, int) int {
	return func(asked string, n int) int {
		if asked == address && n <= times {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	}
}

func TestAMetadataThatStaysOnIsAnErrorAfter90Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := (&region{api: yes, metadata: func(string, int) int { return http.StatusOK }}).shut(t)
		if err == nil || !strings.Contains(err.Error(), "it still answers: it took longer than 1m30s") {
			t.Errorf("got %v, want that it still answers", err)
		}
		if got, want := time.Since(began), 90*time.Second; got != want {
			t.Errorf("waited %v, want %v", got, want)
		}
	})
}

func TestEC2IsAskedAgainWhenThatMayHelp(t *testing.T) {
	for name, test := range map[string]struct {
		api   func(n int) (int, string)
		asked int
		err   string
	}{
		"too busy twice":            {busy(2, 503, "RequestLimitExceeded"), 3, ""},
		"a 400 that means too busy": {busy(1, 400, "RequestLimitExceeded"), 2, ""},
		"no connection":             {busy(1, 0, ""), 2, ""},
		"not allowed":               {busy(99, 403, "UnauthorizedOperation"), 1, "allow the runners' role ec2:ModifyInstanceMetadataOptions"},
		"no such instance":          {busy(99, 400, "InvalidInstanceID.NotFound"), 1, "InvalidInstanceID.NotFound: You may not."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &region{api: test.api, metadata: closed}
				err := r.shut(t)
				if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
					t.Errorf("got %v, want %q", err, test.err)
				}
				if got := len(r.asked); got != test.asked {
					t.Errorf("asked %d times, want %d", got, test.asked)
				}
			})
		})
	}
}

func TestAnEC2ThatIsAlwaysBusyIsAnErrorAfter90Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := (&region{api: busy(1000, 503, "RequestLimitExceeded"), metadata: closed}).shut(t)
		if err == nil || !strings.Contains(err.Error(), "RequestLimitExceeded") {
			t.Errorf("got %v, want EC2's error", err)
		}
		if got, want := time.Since(began), 90*time.Second; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
	})
}

// busy fails so many times.
func busy(times, status int, code string) func(int) (int, string) {
	return func(n int) (int, string) {
		if n <= times {
			return status, fault(code)
		}
		return yes(n)
	}
}
