package localhub

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Config is what a hub is made of.
type Config struct {
	Seed          uint64        // of every choice that the hub makes
	Apps          int           // how many GitHub Apps there are; 0 is one
	URL           string        // by which runners and API clients reach the hub, with no slash at its end
	WebhookURL    string        // where webhooks go; empty sends none
	WebhookSecret secret.Text   // signs webhooks
	Client        *http.Client  // sends webhooks and nothing else; nil is [http.DefaultClient]
	JITSecret     func() string // makes the secret within a JIT config; nil is a random one
	JITLife       time.Duration // of a JIT config that is not used, and of a runner that idles; 0 is an hour
	LostAfter     time.Duration // how long a runner with a job may be silent; 0 is ten minutes
	Faults        *Faults       // what goes wrong; nil is nothing
	Log           *slog.Logger  // nil logs nothing
}

// Hub is a GitHub: it answers API calls and runners, and sends webhooks, until it is closed.
type Hub struct {
	config  Config // with its defaults
	faults  Faults
	began   time.Time
	log     *slog.Logger
	client  *http.Client
	routes  http.Handler
	closing context.Context
	stop    context.CancelFunc
	sending sync.WaitGroup
	outbox  chan struct{} // holds a token while deliveries wait

	mu           sync.Mutex // guards all below
	pairs        *rand.Rand // which job goes where
	guids        *rand.Rand // ids of deliveries: apart from pairs, so that neither moves the other
	lastID       int64
	repositories map[string]*repository // by lower-case full name
	groups       []*group               // oldest first, without those that every organisation has
	tokens       map[string]*token
	runners      []*registration          // registered, oldest first
	bearers      map[string]*registration // by what they show: also those that are removed
	idle         []*registration          // whose long poll for a job is open, oldest first
	jobs         []*job                   // all that are ours, oldest first
	foreign      []*job                   // all others
	queued       []*job                   // without a runner, oldest first
	meters       map[payer]*meter
	calls        map[string]int
	maxPoints    int
	limitedCalls int
	faulted      map[string]int
	waiting      []delivery // to be sent next
	tries        []delivery // made, oldest first
	deliveries   Deliveries
	changed      chan struct{} // closed at the next change
}

func (c Config) withDefaults() Config {
	c.Apps = max(c.Apps, 1)
	c.JITLife = cmp.Or(c.JITLife, jitLife)
	c.LostAfter = cmp.Or(c.LostAfter, lostAfter)
	c.Faults = cmp.Or(c.Faults, &Faults{})
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	return c
}

// New makes a hub with no repository, no runner and no job.
func New(config Config) *Hub {
	config = config.withDefaults()
	h := &Hub{
		config:       config,
		faults:       *config.Faults,
		began:        time.Now(),
		log:          config.Log,
		client:       webhookClient(config.Client),
		outbox:       make(chan struct{}, 1),
		pairs:        rand.New(rand.NewPCG(config.Seed, 1)),
		guids:        rand.New(rand.NewPCG(config.Seed, 2)),
		lastID:       firstID,
		repositories: map[string]*repository{},
		tokens:       map[string]*token{},
		bearers:      map[string]*registration{},
		meters:       map[payer]*meter{},
		calls:        map[string]int{},
		faulted:      map[string]int{},
		changed:      make(chan struct{}),
	}
	h.closing, h.stop = context.WithCancel(context.Background())
	h.routes = h.newRoutes()
	h.sending.Go(h.sendAll)
	return h
}

// Close gives up what is not delivered yet, ends every long poll, and waits for the hub's goroutines.
func (h *Hub) Close() {
	h.stop()
	h.sending.Wait()
}

// ServeHTTP answers API calls, at / and at /api/v3/ as GitHub Enterprise Server does, and runners.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

func (h *Hub) newRoutes() http.Handler {
	api := http.NewServeMux()
	h.route(api, "GET /repos/{owner}/{repo}/installation", h.asApp, h.findInstallation)
	h.route(api, "GET /orgs/{org}/installation", h.asApp, h.findOrganizationInstallation)
	h.route(api, "GET /app/installations", h.asApp, h.listInstallations)
	h.route(api, "GET /app/hook/deliveries", h.asApp, h.listDeliveries)
	h.route(api, "POST /app/hook/deliveries/{id}/attempts", h.asApp, h.redeliver)
	h.route(api, "GET /installation/repositories", h.withInstallation("metadata", read), h.listRepositories)
	h.route(api, "POST /app/installations/{installation}/access_tokens", h.asApp, h.createToken)
	h.route(api, "POST /repos/{owner}/{repo}/actions/runs/{run}/cancel", h.withToken("actions", write), h.cancelRun)
	h.route(api, "POST /repos/{owner}/{repo}/actions/runners/generate-jitconfig", h.withToken("administration", write), h.createJITConfig)
	h.route(api, "GET /repos/{owner}/{repo}/actions/runners", h.withToken("administration", read), h.listRunners)
	h.route(api, "DELETE /repos/{owner}/{repo}/actions/runners/{id}", h.withToken("administration", write), h.removeRunner)
	h.route(api, "GET /orgs/{org}/actions/runner-groups", h.withOrganization(read), h.listGroups)
	h.route(api, "POST /orgs/{org}/actions/runners/generate-jitconfig", h.withOrganization(write), h.createJITConfig)
	h.route(api, "GET /orgs/{org}/actions/runners", h.withOrganization(read), h.listRunners)
	h.route(api, "DELETE /orgs/{org}/actions/runners/{id}", h.withOrganization(write), h.removeRunner)
	h.route(api, "GET /repos/{owner}/{repo}/actions/jobs/{id}", h.withToken("actions", read), h.getJob)
	h.route(api, "GET /repos/{owner}/{repo}/actions/runs", h.withToken("actions", read), h.listRuns)
	h.route(api, "GET /repos/{owner}/{repo}/actions/runs/{run}", h.withToken("actions", read), h.getRun)
	h.route(api, "GET /repos/{owner}/{repo}/actions/runs/{run}/jobs", h.withToken("actions", read), h.listRunJobs)
	h.route(api, "/", h.asAnybody, func(*call) answer { return notFound() })

	all := http.NewServeMux()
	all.Handle("/", api)
	all.Handle("/api/v3/", http.StripPrefix("/api/v3", api))
	all.Handle(runnerPath, http.StripPrefix(runnerPath[:len(runnerPath)-1], h.runnerRoutes()))
	return all
}

// firstID keeps ids apart from the small numbers that a confused caller might send.
const firstID = 4_000_000

// newID is the next id. All kinds share one sequence, so an id of one kind is none of another.
func (h *Hub) newID() int64 {
	h.lastID++
	return h.lastID
}
