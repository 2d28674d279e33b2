package docker

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
)

const (
	// maxAsked is how long a question of Docker's may be: a body of 1 MiB in base64, headers, and 64 KiB
	// of an answer of its own.
	maxAsked = 3 << 20
	// atOnce is how many questions are read at once, for each is memory. The rest wait.
	atOnce = 2
)

// Plugin answers Docker's questions. Make it with [NewPlugin].
type Plugin struct {
	policy *Policy
	log    *slog.Logger
	turn   chan struct{}
	told   sync.Map // rules of which the log tells already: a job may break them as often as it likes
}

// NewPlugin is the plugin that answers by a policy.
func NewPlugin(policy *Policy, log *slog.Logger) *Plugin {
	return &Plugin{policy: policy, log: log, turn: make(chan struct{}, atOnce)}
}

// answer is what Docker reads.
// Source: docs.docker.com, "Access authorization plugin", API schema and implementation.
type answer struct {
	Allow bool   `json:"Allow"`
	Msg   string `json:"Msg,omitempty"`
	Err   string `json:"Err,omitempty"`
}

// ServeHTTP is the protocol of Docker's plugins.
func (p *Plugin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	r.Body = http.MaxBytesReader(w, r.Body, maxAsked)
	var reply any
	switch r.URL.Path {
	case "/Plugin.Activate":
		reply = map[string][]string{"Implements": {"authz"}}
	case "/AuthZPlugin.AuthZReq":
		reply = p.judge(r.Body)
	case "/AuthZPlugin.AuthZRes": // what was allowed may be answered
		_, _ = io.Copy(io.Discard, r.Body)
		reply = answer{Allow: true}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.docker.plugins.v1.2+json")
	_ = json.NewEncoder(w).Encode(reply)
}

func (p *Plugin) judge(body io.Reader) answer {
	var asked struct {
		RequestMethod string
		RequestURI    string `json:"RequestUri"`
		RequestBody   []byte
	}
	if err := json.NewDecoder(body).Decode(&asked); err != nil {
		return answer{Err: "mayfly: the question cannot be read"}
	}
	err := p.policy.Judge(Request{Method: asked.RequestMethod, URI: asked.RequestURI, Body: asked.RequestBody})
	if err == nil {
		return answer{Allow: true}
	}
	p.tell(err)
	return answer{Msg: err.Error()}
}

func (p *Plugin) tell(err error) {
	var refusal *RefusedError
	if !errors.As(err, &refusal) {
		return
	}
	if _, known := p.told.LoadOrStore(refusal.Rule, true); !known {
		p.log.Info("a call of Docker was refused, more by this rule are not told", "rule", refusal.Rule, "what", refusal.What)
	}
}
