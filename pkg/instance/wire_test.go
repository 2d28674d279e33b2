package instance_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// It is what the server asks for.
var _ server.Fleet = (*instance.Fleet)(nil)

// answer is one of EC2's: XML below the operation's own element. A status of 0 is an answer that is
// lost, and one of hangs never comes.
type answer struct {
	status int
	body   string
}

const hangs = -1

func ok(body string) answer { return answer{http.StatusOK, body} }

// refusal is EC2's error of a whole call.
func refusal(status int, code string) answer {
	return answer{status, fmt.Sprintf("<Errors><Error><Code>%s</Code><Message>said EC2</Message></Error></Errors>", code)}
}

// wire answers the operations of EC2, each from its script, of which the last is repeated.
type wire struct {
	mu       sync.Mutex
	scripts  map[string][]answer
	requests []url.Values
}

// ubuntu is the image that there is if nothing else is said.
const ubuntu = `<imagesSet><item><imageId>ami-1</imageId><name>ubuntu24</name><imageOwnerId>123456789012</imageOwnerId>
	<architecture>x86_64</architecture><rootDeviceName>/dev/sda1</rootDeviceName><creationDate>2026-11-01T10:00:00.000Z</creationDate>
	<blockDeviceMapping><item><deviceName>/dev/sdb</deviceName><ebs><volumeSize>500</volumeSize></ebs></item>
	<item><deviceName>/dev/sda1</deviceName><ebs><volumeSize>30</volumeSize></ebs></item></blockDeviceMapping></item></imagesSet>`

func newWire(operation string, script ...answer) *wire {
	return &wire{scripts: map[string][]answer{"DescribeImages": {ok(ubuntu)}, operation: script}}
}

func (w *wire) account() aws.Config {
	return aws.Config{Region: "eu-west-1", Credentials: awstest.Credentials, HTTPClient: w}
}

func (w *wire) fleet(t *testing.T) *instance.Fleet {
	t.Helper()
	fleet, err := instance.New(w.account(), config)
	if err != nil {
		t.Fatal(err)
	}
	return fleet
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	sent, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	says := w.says(sent)
	switch says.status {
	case 0:
		return nil, errors.New("connection reset by peer")
	case hangs:
		<-request.Context().Done()
		return nil, request.Context().Err()
	}
	return &http.Response{StatusCode: says.status, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(says.body))}, nil
}

func (w *wire) says(sent url.Values) answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	operation := sent.Get("Action")
	w.requests = append(w.requests, sent)
	script := w.scripts[operation]
	if len(script) == 0 {
		return refusal(http.StatusBadRequest, "InvalidAction")
	}
	says := script[min(len(w.sent(operation)), len(script))-1]
	if says.status == http.StatusOK {
		says.body = fmt.Sprintf("<%[1]sResponse>%[2]s</%[1]sResponse>", operation, says.body)
	} else if says.status > 0 {
		says.body = "<Response>" + says.body + "</Response>"
	}
	return says
}

// sent are the requests of an operation.
func (w *wire) sent(operation string) []url.Values {
	var sent []url.Values
	for _, request := range w.requests {
		if request.Get("Action") == operation {
			sent = append(sent, request)
		}
	}
	return sent
}

var config = instance.Config{
	Stack:     "ci",
	Templates: map[runner.Arch]instance.Template{runner.X64: {ID: "lt-1", Version: "7"}},
	Owners:    []string{"self", "123456789012"},
}

var shape = runner.Shape{
	Name: "2cpu-linux-x64 spot", Image: "ami-1", Arch: runner.X64, Types: []string{"m7a.large", "c7a.large"},
	Capacity: runner.Spot, Strategy: "price-capacity-optimized", RootVolume: runner.Volume{GiB: 40, Type: "gp3"},
	Subnets: []runner.Subnet{{ID: "subnet-b", Zone: "eu-west-1b"}, {ID: "subnet-a", Zone: "eu-west-1a"}},
}

func request(count int) runner.LaunchRequest {
	return runner.LaunchRequest{Launch: "abc", Stack: "ci", ClientToken: "token", Shape: shape, Offerings: shape.Offerings(), Count: count}
}

func offering(instanceType, zone string) runner.Offering {
	return runner.Offering{Type: instanceType, Zone: "eu-west-1" + zone, Capacity: runner.Spot}
}

func checkSays(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got error %v, want one that says %q", what, err, want)
	}
}
