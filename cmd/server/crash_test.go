//go:build crash

package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/record/dynamodb"
)

// The burst.
const (
	jobs     = 200
	arriving = 40 * time.Second // that its jobs are queued within
	within   = 25 * time.Minute // that it is over, and nothing is left
)

// asked are the labels of its jobs.
var asked = []string{
	"mayfly=1/runner=2cpu-linux-x64/spot=false", "mayfly=1/runner=4cpu-linux-x64/spot=false", "mayfly=1/runner=2cpu-linux-x64/spot=true",
}

// longest is the name of a job that is under way until nothing but it is left on GitHub: it survives all
// that happens. While a runner is busy for more than a minute, sweeps look at GitHub's list of them.
const longest = "the long one"

const (
	restartsIn  = time.Second // at most
	tellsEvery  = 10 * time.Second
	looksEvery  = time.Second
	repository  = "octo/repo"
	webhookPath = "/webhooks/github"
)

var seed = flag.Uint64("seed", 0, "of the burst and of the moments at which the server is killed; 0 is a random one")

// crash is the whole system, whose server is killed again and again: all else goes on.
type crash struct {
	*cloud
	*lives
	t           *testing.T
	hub         *localhub.Hub
	wire        *wire
	record      *dynamodb.Record
	moto        http.Handler
	began       time.Time
	longestOver sync.Once
	longestEnds chan time.Time // closed when the longest job may end
}

func TestTheServerIsKilledTwentyTimesInABurstAndLosesNothing(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	points := pointsOf(rand.New(rand.NewPCG(*seed, 1)))
	c := newCrash(t, points)
	c.began = time.Now()
	c.say("seed %d: %d jobs; the server is killed %s", *seed, jobs, describe(points))
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() { defer close(watched); c.watch(ctx) }()
	defer func() { stop(); <-watched; c.kill(); c.hub.Close() }()
	c.start()
	c.burst()
	c.settle()
	c.check(len(points))
}

func newCrash(t *testing.T, points []point) *crash {
	c := &crash{t: t, longestEnds: make(chan time.Time)}
	target, err := url.Parse(*awstest.Config(t).BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	c.moto = awstest.NewTransactions(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	c.cloud = newCloud(newAccount(t), rand.New(rand.NewPCG(*seed, 2)), c.takes)
	c.wire = newWire(points, c.struck)
	c.record = dynamodb.New(c.config, c.table)
	c.serveS3(c.moto)

	github := httptest.NewUnstartedServer(nil)
	home, address := "http://"+github.Listener.Addr().String(), freeAddress(t)
	c.hub = localhub.New(localhub.Config{Seed: *seed, URL: home, WebhookURL: "http://" + address + webhookPath, WebhookSecret: secret.New(webhookKey)})
	c.hub.Install(repository)
	github.Config.Handler = c.asGitHub()
	github.Start()
	t.Cleanup(github.Close)
	aws := httptest.NewServer(c.wire.before(c.noting(awstest.NewClientTokens(c.moto))))
	t.Cleanup(aws.Close)

	c.setUp(c.hub.App())
	c.lives = &lives{t: t, binary: build(t), log: newLog(t), environment: append(c.account.environment(address, home),
		"AWS_ENDPOINT_URL="+aws.URL, "MAYFLY_TICK_TOKEN=", "MAYFLY_PER_CALL=10", "MAYFLY_MAX_RUNNERS=300")}
	return c
}

// newLog is where all processes log. It is kept if the test fails.
func newLog(t *testing.T) *os.File {
	log, err := os.CreateTemp("", "mayfly-crash-*.log") //nolint:usetesting // it outlives a test that failed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = log.Close()
		if t.Failed() {
			t.Logf("the server's log is %s", log.Name())
			return
		}
		_ = os.Remove(log.Name())
	})
	return log
}

// asGitHub is the hub: the server's calls are on the wire, the runners' are not.
func (c *crash) asGitHub() http.Handler {
	wired := c.wire.before(c.hub)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_runner/") {
			c.hub.ServeHTTP(w, r)
			return
		}
		wired.ServeHTTP(w, r)
	})
}

// burst queues the jobs.
func (c *crash) burst() {
	random := rand.New(rand.NewPCG(*seed, 3))
	for n := range jobs {
		job := localhub.Job{
			Name: fmt.Sprintf("job %d", n+1), Workflow: "CI", Labels: []string{asked[random.IntN(len(asked))]},
			Steps: []localhub.Step{{Run: (time.Second + time.Duration(random.Int64N(int64(9*time.Second)))).String()}},
		}
		if n == jobs/10 {
			job.Name = longest
		}
		c.hub.Queue(repository, job)
		c.wait(time.Duration(random.Int64N(int64(2 * arriving / jobs))))
	}
}

func (c *crash) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.t.Context().Done():
	}
}

// takes is how long a job takes.
func (c *crash) takes(work localhub.Work) <-chan time.Time {
	if work.Name != longest {
		d, err := time.ParseDuration(work.Steps[0].Run)
		c.must(err)
		return time.After(d)
	}
	return c.longestEnds
}

// struck kills the server, and has it started again.
func (c *crash) struck(p point, nth int, inFlight string) {
	c.kill()
	c.say("killed %-26s (%d), in flight: %s", p, nth, inFlight)
	random := rand.New(rand.NewPCG(*seed, uint64(p.nth)))
	go func() {
		c.wait(time.Duration(random.Int64N(int64(restartsIn))))
		c.wire.lives()
		c.start()
	}()
}

// say tells what goes on, and how far the burst is.
func (c *crash) say(format string, args ...any) {
	up, booted := c.count()
	states := map[string]int{}
	for _, job := range c.hub.Books().Jobs {
		states[job.State]++
	}
	fmt.Fprintf(c.t.Output(), "%5.1f s: %3d queued, %3d running, %3d completed; %3d of %3d instances up: %s\n", time.Since(c.began).Seconds(),
		states[localhub.Queued], states[localhub.InProgress], states[localhub.Completed], up, booted, fmt.Sprintf(format, args...))
}
