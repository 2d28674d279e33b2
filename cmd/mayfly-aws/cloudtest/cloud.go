// Package cloudtest is an AWS in a process, for the tests of `mayfly deploy` and `mayfly destroy`: as much of each service's
// wire as they speak, and of CloudFormation what moto cannot do: the whole template, rollbacks and refusals.
package cloudtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Region and Account are where everything is.
const (
	Region  = "eu-west-1"
	Account = "123456789012"
)

// Cloud is one account. Its knobs are set before it is used. Make it with [New].
type Cloud struct {
	// Refuse has the codes by which operations are refused, as "sts:GetCallerIdentity": "ExpiredToken".
	Refuse map[string]string
	// Fail has resources that cannot be made or changed, and why.
	Fail map[string]string
	// RefuseChange is why no change set can be made.
	RefuseChange string
	// Replaced are resources that are made anew if they change.
	Replaced []string
	// Quotas are by their codes; what is not here is unknown.
	Quotas map[string]float64
	// AppRunner says that the account has a service of App Runner.
	AppRunner bool
	Zones     []string
	// Instances are alive, by their ids. An instance that is told to end is gone when it is next looked for.
	Instances map[string]string // id → state
	// OnDelete is called when a stack begins to be deleted.
	OnDelete func()

	mu     sync.Mutex
	s3     http.Handler
	stacks map[string]*stack // by their names
	images map[string]string // of the registry: repository:tag or repository@digest → digest
	groups map[string]int    // of logs: name → days
	calls  []string
	raised map[string]float64
}

// New is an account with nothing in it. The environment leads there, by credentials that are good for nothing else.
func New(t *testing.T) *Cloud {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": Region, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	return &Cloud{
		Refuse: map[string]string{}, Fail: map[string]string{}, Instances: map[string]string{}, OnDelete: func() {},
		Quotas: map[string]float64{"L-1216C47A": 1000, "L-34B43A08": 1000, "L-7A658B76": 50, "L-0263D0A3": 5, "L-F678F1CE": 5},
		Zones:  []string{Region + "a", Region + "b", Region + "c"},
		s3:     gofakes3.New(s3mem.New(s3mem.WithVersionSeed(1))).Server(),
		stacks: map[string]*stack{}, images: map[string]string{}, groups: map[string]int{}, raised: map[string]float64{},
	}
}

// Client is an HTTP client to which every host is this account.
func (c *Cloud) Client() *http.Client { return &http.Client{Transport: c} }

// RoundTrip answers a request of an SDK's.
func (c *Cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	c.serve(recorder, r)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	service := serviceOf(r)
	operation, answer := c.operation(service, r)
	c.calls = append(c.calls, service+":"+operation)
	if code := c.Refuse[service+":"+operation]; code != "" {
		refuse(w, service, code, "User: arn:aws:iam::"+Account+":user/me is not authorized to perform: "+service+":"+operation)
		return
	}
	answer(w)
}

// serviceOf is whom a request was signed for.
func serviceOf(r *http.Request) string {
	parts := strings.Split(r.Header.Get("Authorization"), "/")
	if len(parts) < 5 {
		return "nobody"
	}
	return parts[3]
}

// operation is what is called, and what answers.
func (c *Cloud) operation(service string, r *http.Request) (string, func(http.ResponseWriter)) {
	switch {
	case service == "s3":
		return s3Operation(r), func(w http.ResponseWriter) { c.object(w, r) }
	case r.Header.Get("X-Amz-Target") != "":
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return operation, func(w http.ResponseWriter) { c.json(w, service, operation, body(r)) }
	}
	if err := r.ParseForm(); err != nil {
		return "unreadable", func(w http.ResponseWriter) { http.Error(w, err.Error(), http.StatusBadRequest) }
	}
	operation := r.Form.Get("Action")
	return operation, func(w http.ResponseWriter) {
		switch service {
		case "cloudformation":
			c.cloudformation(w, operation, r.Form)
		case "ec2":
			c.ec2(w, operation, r.Form)
		default:
			result(w, operation, "<Arn>arn:aws:iam::"+Account+":user/me</Arn><Account>"+Account+"</Account>")
		}
	}
}
