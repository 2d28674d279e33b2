//go:build vm || image

package vmtest

import (
	"context"
	"crypto/rand"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

const (
	roleID     = "AROAEXAMPLE"
	bucketName = "ci-bucket"
	repository = "mayfly-ci/sample"
)

var labels = []string{"mayfly"}

// Image makes the disk of a machine, in a file.
type Image interface {
	Make(t *testing.T, disk string)
}

// Site is all that a machine reaches: an AWS and a GitHub, at the other end of its cable.
type Site struct {
	T        *testing.T
	Canary   string // the secret in the JIT config
	JIT      secret.Text
	Metadata func(http.Handler) http.Handler // what is put in the metadata's way
	Work     string                          // the second disk; empty if there is none
	Counted  bool                            // the machine's clock counts instructions
	Kernel   string                          // what the kernel is told
	Limits   assignment.Assignment           // how long the runner may stay; zero is an hour

	userData []byte
	ear      ear
	cloud    *localcloud.Cloud
	hub      *localhub.Hub
	server   *bucket.Bucket // as the server may use it
}

// NewSite is a site whose instances have this user data.
func NewSite(t *testing.T, userData []byte) *Site {
	t.Helper()
	Must(t, layCable())
	return &Site{
		T: t, Canary: "canary" + rand.Text(), Metadata: func(h http.Handler) http.Handler { return h },
		Kernel: "rw quiet systemd.show_status=0", userData: userData,
	}
}

// Live launches an instance of an image, with a job for it, and waits for its end.
func (s *Site) Live(of Image, job localhub.Job) Booted {
	t := s.T
	t.Helper()
	began := time.Now()
	disk := filepath.Join(t.TempDir(), "disk.img")
	of.Make(t, disk)
	t.Logf("the disk is made, in %v", time.Since(began).Round(time.Second))
	s.hub = localhub.New(localhub.Config{URL: "http://" + hubAt, JITSecret: func() string { return s.Canary }})
	t.Cleanup(s.hub.Close)
	serve(t, s.hub, hubAt, hubHere)
	serve(t, &s.ear, earAt)
	job.Name, job.Labels = "build", labels
	id := s.hub.Queue(repository, job)

	var b Booted
	instance := s.launch(disk, &b)
	b.Told, b.Reports = s.ear.heard(), s.reports(instance)
	b.Job, _ = s.hub.Books().Job(id)
	b.Log(t)
	return b
}

// launch launches one instance, assigns it, and waits until it is off.
func (s *Site) launch(disk string, b *Booted) (instance string) {
	t := s.T
	t.Helper()
	machines := make(chan localcloud.Machine, 1)
	s.cloud = localcloud.New(localcloud.Config{
		Seed: 1, Stack: "ci", Region: "us-east-1", Zones: []string{"us-east-1a"}, Bucket: bucketName, RoleID: roleID,
		UserData: s.userData, Events: func([]byte) {},
		Boot: func(ctx context.Context, m localcloud.Machine) { machines <- m; <-ctx.Done() },
	})
	t.Cleanup(s.cloud.Close)
	serve(t, s.cloud.S3(), s3At)
	s.server = bucket.New(bucket.Config{Name: bucketName, Region: "us-east-1", Endpoint: "http://" + s3At, Credentials: s.cloud.ServerCredentials()})
	shape := runner.Shape{Types: []string{"m7a.large"}, Capacity: runner.Spot, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}}}
	_, err := s.cloud.Launch(t.Context(), runner.LaunchRequest{Stack: "ci", ClientToken: "a", Count: 1, Shape: shape, Offerings: shape.Offerings()})
	Must(t, err)
	m := <-machines
	serve(t, s.Metadata(m.Metadata), metadataAt, metadata6At)
	s.assign(m.Instance.ID)
	extra := quick
	if s.Counted {
		extra = counted
	}
	if s.Work != "" {
		extra = slices.Concat(extra, second(s.Work))
	}
	b.Machine = boot(t.Context(), t, disk, s.Kernel, extra)
	return m.Instance.ID
}

// assign does as the server does: a runner's JIT config, and an object for the instance.
func (s *Site) assign(instance string) {
	t := s.T
	app := s.hub.App()
	client, err := githubapp.New(githubapp.Config{BaseURL: "http://" + hubHere, Apps: []githubapp.App{{ID: app.ID, Key: app.Key}}})
	Must(t, err)
	class := runner.Class{Installation: s.hub.Install(repository), Labels: labels}
	class.Scope = runner.Repository{ID: s.hub.RepositoryID(repository), FullName: repository}
	task := s.Limits
	task.Instance, task.RunnerName = instance, runner.Name("ci", instance, 1)
	_, task.JITConfig, err = client.JITConfig(t.Context(), app.ID, class, task.RunnerName)
	Must(t, err)
	s.JIT = task.JITConfig
	if task.MaxRuntime == 0 {
		task.MaxRuntime, task.MaxIdle = time.Hour, time.Hour
	}
	body, err := assignment.Encode(task)
	Must(t, err)
	Must(t, s.server.Put(t.Context(), runner.AssignmentKey(roleID, instance), body))
}
