// Package telemetry tells an endpoint, if the stack names one, that a job has begun on an instance of
// some kind, and how long its boot took. It tells nothing else, and learns nothing: no answer of the
// endpoint's is read, followed or waited for. No endpoint is the default, and then nothing is sent.
package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const (
	// sendFor is how long a note may take, all in all.
	sendFor = 2 * time.Second
	// maxHeader is how much of an answer's head is taken in before the connection is dropped, in bytes.
	maxHeader = 4 << 10
)

// Note is all that is told of a job.
type Note struct {
	Time         time.Time // when the job began, by the instance's clock
	Organisation string    // that owns the repository
	Version      string    // of the agent
	Architecture string    // amd64 or arm64
	InstanceType string
	Region       string
	BootTimings  []runner.Timing // oldest first
}

// document is a note as it is sent. Boot timings are seconds after the first of them, by step.
type document struct {
	Time         time.Time          `json:"time"`
	Organisation string             `json:"organisation"`
	Version      string             `json:"version"`
	Architecture string             `json:"architecture"`
	InstanceType string             `json:"instance_type"`
	Region       string             `json:"region"`
	BootTimings  map[string]float64 `json:"boot_timings"`
}

func encode(note Note) ([]byte, error) {
	d := document{
		Time: note.Time.UTC().Truncate(time.Second), Organisation: note.Organisation, Version: note.Version,
		Architecture: note.Architecture, InstanceType: note.InstanceType, Region: note.Region,
		BootTimings: map[string]float64{},
	}
	for _, timing := range note.BootTimings {
		d.BootTimings[timing.Step] = timing.At.Sub(note.BootTimings[0].At).Round(time.Millisecond).Seconds()
	}
	return json.Marshal(d)
}

// Sender sends notes to one endpoint. A nil Sender sends none.
type Sender struct {
	endpoint string
	network  http.RoundTripper
}

// New is the sender to an endpoint: a URL with https, or with http on a loopback address. An empty one
// is no telemetry, and a nil Sender.
func New(endpoint string) (*Sender, error) {
	return newSender(endpoint, (&net.Dialer{Timeout: sendFor}).DialContext)
}

func newSender(endpoint string, dial func(ctx context.Context, network, address string) (net.Conn, error)) (*Sender, error) {
	if endpoint == "" {
		return nil, nil
	}
	if !isAllowed(endpoint) {
		return nil, fmt.Errorf("telemetry_url is %q: give https://HOST/PATH, without a user, or leave it out", endpoint)
	}
	return &Sender{endpoint: endpoint, network: &http.Transport{
		// A proxy of the environment is for jobs. It would learn what it is not told, so none is used:
		// where there is no other way out, there is no telemetry.
		Proxy:                  nil,
		DialContext:            dial,
		TLSHandshakeTimeout:    sendFor,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         maxHeader,
		DisableKeepAlives:      true, // so that no request is ever sent again on another connection
	}}, nil
}

func isAllowed(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || u.Fragment != "" || u.Hostname() == "" {
		return false
	}
	address, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && address.IsLoopback()
}

// Send sends a note, once, and does not wait for it: whatever becomes of it is nobody's business. After
// 2 s it is given up. The end of ctx gives it up, too.
func (s *Sender) Send(ctx context.Context, note Note) {
	if s == nil {
		return
	}
	body, err := encode(note)
	if err != nil {
		return
	}
	go s.post(ctx, body)
}

// post does not use an [http.Client], which would follow redirects.
func (s *Sender) post(ctx context.Context, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.GetBody = nil // it is sent once
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "mayfly-agent")
	response, err := s.network.RoundTrip(request)
	if err != nil {
		return
	}
	_ = response.Body.Close()
}
