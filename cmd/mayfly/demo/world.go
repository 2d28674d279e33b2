package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/record"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

const (
	stack      = "demo"
	region     = "us-east-1"
	bucketName = "mayfly-demo"
	roleID     = "AROADEMO"

	visibility = time.Minute      // longer than a pass
	callFor    = 10 * time.Second // a request to GitHub or S3
	passFor    = 5 * time.Second  // the last pass
	maxIdle    = 30 * time.Second // a runner that nobody needs is gone before the demo gives up
)

var zones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}

// delays are short, and yet can be seen.
var delays = localcloud.Delays{
	Launch:   150 * time.Millisecond,
	Pending:  400 * time.Millisecond,
	Shutdown: 200 * time.Millisecond,
	Event:    20 * time.Millisecond,
}

// world is a GitHub, an AWS, and the server between them, in this process.
type world struct {
	hub    *localhub.Hub
	cloud  *localcloud.Cloud
	server *server.Server

	sites     []*site
	transport *http.Transport
	stop      context.CancelFunc // ends the server's passes
	passes    sync.WaitGroup
}

// newWorld opens everything. The cloud's instances run in the hall, to whose log the server writes;
// what goes on inside GitHub and AWS is in the other log. The masker is told every secret.
func newWorld(ctx context.Context, o Options, hall *machines, inside *slog.Logger, masker *secret.Masker) (*world, error) {
	w := &world{transport: &http.Transport{MaxIdleConnsPerHost: 64}, stop: func() {}}
	if err := w.open(ctx, o, hall, inside, masker); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *world) open(ctx context.Context, o Options, hall *machines, inside *slog.Logger, masker *secret.Masker) error {
	flags := o.Flags
	for _, address := range []string{anywhere, anywhere, cmp.Or(flags.Listen, anywhere), anywhere} {
		opened, err := newSite(ctx, address)
		if err != nil {
			return err
		}
		w.sites = append(w.sites, opened)
	}
	hubSite, s3Site, serverSite := w.sites[0], w.sites[1], w.sites[2]
	trouble := newTrouble(flags)
	client := &http.Client{Transport: w.transport, Timeout: trouble.patience()}
	webhookSecret := o.Secret
	if webhookSecret.Empty() {
		webhookSecret = secret.New(rand.Text() + rand.Text()) // 52 characters; the server wants 32
	}
	if err := masker.Register(webhookSecret, time.Time{}); err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	w.hub = localhub.New(trouble.hub(localhub.Config{
		Seed: flags.Seed, URL: hubSite.URL, WebhookURL: serverSite.URL + webhook.Path, WebhookSecret: webhookSecret,
		Client: client, Log: inside,
	}))
	w.hub.Install(repository)
	messages := queue.NewMemory(visibility)
	if err := w.openCloud(flags, s3Site.URL, hall, messages, inside); err != nil {
		return err
	}
	github, err := githubapp.New(githubapp.Config{BaseURL: hubSite.URL, Apps: apps(w.hub), Client: client, Masker: masker})
	if err != nil {
		return err
	}
	config := serverConfig(flags.Seed, webhookSecret, hall.log)
	config.Masker, config.AllowedOwners = masker, o.Owners
	if flags.Listen != "" {
		config.Sweep.Every, config.Absent, config.Surplus = sweepEvery, absent, surplus // so that what becomes of a stranger's job is soon seen
	}
	w.server, err = server.New(trouble.server(config), server.Seams{
		Queue: messages, Record: record.NewMemory(), Fleet: w.cloud, GitHub: github,
		Objects: bucket.New(bucket.Config{
			Name: bucketName, Region: region, Endpoint: s3Site.URL, Credentials: w.cloud.ServerCredentials(), Client: client,
		}),
	})
	if err != nil {
		return err
	}
	hubSite.serve(unhurried(w.hub))
	s3Site.serve(unhurried(w.cloud.S3()))
	serverSite.serve(server.NewHTTP(w.server.Handler(), hall.log))
	w.sites[3].serve(server.NewHTTP(homely(w.sites[3].host(), w.server.Page("")), hall.log))
	ctx, w.stop = context.WithCancel(ctx)
	w.passes.Go(func() { w.server.Run(ctx) })
	return nil
}

// openCloud makes the cloud, whose events go where the server's passes find them.
func (w *world) openCloud(flags Flags, s3 string, hall *machines, messages *queue.Memory, inside *slog.Logger) error {
	userData, err := assignment.EncodeUserData(assignment.UserData{
		Bucket: bucketName, RoleID: roleID, S3Endpoint: s3, RunnerCommand: []string{hall.program, "runner"},
	})
	if err != nil {
		return fmt.Errorf("make the user data: %w", err)
	}
	w.cloud = localcloud.New(newTrouble(flags).cloud(localcloud.Config{
		Seed: flags.Seed, Stack: stack, Region: region, Zones: zones, Bucket: bucketName, RoleID: roleID, UserData: userData,
		Events: func(body []byte) {
			if runner.RulePasses(body) {
				_ = messages.Send(context.Background(), body) // memory takes everything
			}
		},
		Boot: hall.boot, Delays: delays, Log: inside,
	}))
	return nil
}

// apps are the hub's Apps, as a client is configured with them.
func apps(hub *localhub.Hub) []githubapp.App {
	var all []githubapp.App
	for _, app := range hub.Apps() {
		all = append(all, githubapp.App(app))
	}
	return all
}

func serverConfig(seed uint64, webhookSecret secret.Text, log *slog.Logger) server.Config {
	config := server.Config{
		Stack: stack, Holder: "demo", WebhookSecrets: []secret.Text{webhookSecret}, RoleID: roleID, Region: region,
		Images:  map[runner.Arch]string{runner.X64: "ami-0d0e0000000000064", runner.ARM64: "ami-0d0e00000000000a6"},
		MaxIdle: maxIdle, BootTime: time.Second, Log: log,
		Random: mathrand.New(mathrand.NewPCG(seed, 0)), //nolint:gosec // so that a demo can be repeated
	}
	for _, zone := range zones {
		config.Subnets = append(config.Subnets, runner.Subnet{ID: "subnet-" + zone, Zone: zone})
	}
	return config
}

// address is where webhooks are taken.
func (w *world) address() string { return w.sites[2].URL + webhook.Path }

// pageURL is where the stack can be seen in a browser.
func (w *world) pageURL() string { return w.sites[3].URL }

// close ends everything: first whoever could start more, then every machine. If all was settled, the
// server still applies what it has heard by then, so that its log tells of every end.
func (w *world) close() {
	w.stop()
	w.passes.Wait()
	if w.cloud != nil {
		w.cloud.Close()
	}
	if w.settled() {
		_, _ = w.server.Pass(context.Background(), passFor) // an error is for who would pass again
	}
	if w.hub != nil {
		w.hub.Close()
	}
	for _, site := range w.sites {
		site.close()
	}
	w.transport.CloseIdleConnections()
}

// busy says whether a job is running.
func (w *world) busy() bool {
	return slices.ContainsFunc(w.hub.Books().Jobs, func(job localhub.JobEntry) bool { return job.State == localhub.InProgress })
}

// settled says whether every job is completed and no instance is left, nor anything to run again.
func (w *world) settled() bool {
	return w.server != nil && w.hub.Books().Unfinished() == 0 && w.cloud.Books().Left == 0 && !w.again()
}

// again says whether the server has yet to run something again, or to hear that something failed which it
// may want to run again.
func (w *world) again() bool {
	interrupted := w.cloud.Books().Faults[localcloud.Interrupted] > 0
	now := w.server.View().Now
	return now.Again > 0 || interrupted && now.Running > 0
}
