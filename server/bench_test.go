package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server"
	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/record"
)

// BenchmarkPass is one pass where nothing is new, and one that hears of one event. The memory is the
// record's, too, for that is in memory here.
func BenchmarkPass(b *testing.B) {
	for _, jobs := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("nothing new/%d jobs", jobs), func(b *testing.B) {
			before := heap()
			town := newTown(b, jobs)
			b.ReportAllocs()
			for b.Loop() {
				town.pass(b)
			}
			perJob := (heap() - before) / float64(jobs)
			b.ReportMetric(perJob/1000, "MB/1000jobs") // kilobytes a job are megabytes a thousand
			b.ReportMetric(10, "goal-MB/1000jobs")
			b.ReportMetric(goal(jobs), "goal-ns/op")
			runtime.KeepAlive(town)
		})
		b.Run(fmt.Sprintf("one event/%d jobs", jobs), func(b *testing.B) {
			town := newTown(b, jobs)
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				town.hear(b, jobs, i)
				town.pass(b)
			}
			b.ReportMetric(goal(jobs), "goal-ns/op")
		})
	}
}

// goal is how long a pass may take, in nanoseconds.
func goal(jobs int) float64 { return float64(jobs) / 1000 * float64(5*time.Millisecond) }

// heap is how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// town is a server with many jobs, of four in a run: two run, one has an idle runner or a booting one,
// and one waits, for the stack has all the runners that it may have.
type town struct {
	server *server.Server
	queue  *queue.Memory
}

func newTown(b *testing.B, jobs int) town {
	b.Helper()
	t := town{queue: queue.NewMemory(time.Minute)}
	remembered := record.NewMemory()
	config := server.Config{
		Stack: stack, Holder: "test", RoleID: roleID, Region: "us-east-1", MaxRunners: jobs * 3 / 4,
		WebhookSecrets: []secret.Text{secret.New(webhookKey)}, Images: map[runner.Arch]string{runner.X64: "ami-x64"},
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}, {ID: "subnet-b", Zone: "us-east-1b"}, {ID: "subnet-c", Zone: "us-east-1c"}},
		Log:     slog.New(slog.DiscardHandler),
	}
	config.Sweep.Every = 24 * time.Hour
	var err error
	t.server, err = server.New(config, server.Seams{Queue: t.queue, Record: remembered, GitHub: noApps{}})
	fine(b, err)
	lease, err := remembered.Acquire(b.Context(), "the founder", time.Minute)
	fine(b, err)
	fine(b, remembered.Commit(b.Context(), lease, runner.Sweeps{At: time.Now().UTC()}))
	for i := range jobs * 3 / 4 {
		fine(b, remembered.Commit(b.Context(), lease, occupied(i)))
	}
	fine(b, remembered.Release(b.Context(), lease))
	for i := range int64(jobs) {
		t.send(b, i, "queued", "")
		if i%4 < 2 {
			t.send(b, i, "in_progress", runner.Name(stack, instance(int(i/4*3+i%4)), 1))
		}
	}
	for range 3 {
		t.pass(b)
	}
	return t
}

func instance(i int) string { return fmt.Sprintf("i-%017x", i) }

// occupied is the i-th runner, three of each run.
func occupied(i int) runner.Runner {
	slot := runner.Slot{Class: class(int64(i / 3))}
	offering := runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.OnDemand}
	r := runner.NewRunner("launch", slot, runner.Instance{ID: instance(i), Offering: offering}, time.Now())
	r.Name, r.GitHubID = runner.Name(stack, r.Instance, 1), int64(i+1)
	r, _ = r.To(runner.RunnerBooting, time.Now(), runner.NoReason())
	if i%2 == 0 {
		r, _ = r.To(runner.RunnerIdle, time.Now(), runner.NoReason())
	}
	return r
}

func class(run int64) runner.Class {
	return runner.Class{Installation: 5, Scope: home(run), Labels: runner.CanonicalLabels(labelsOf(run))}
}

func labelsOf(run int64) []string {
	return []string{fmt.Sprintf("mayfly=%d/runner=%dcpu-linux-x64/spot=false", run, 2<<(run%3))}
}

func home(run int64) runner.Repository {
	return runner.Repository{ID: run%20 + 1, FullName: fmt.Sprintf("octo/repo-%d", run%20)}
}

// hear lets one job more come, and end with the next event.
func (t town) hear(b *testing.B, jobs int, i int64) {
	b.Helper()
	action := "queued"
	if i%2 == 1 {
		action = "completed"
	}
	t.send(b, int64(jobs)+i/2, action, "")
}

func (t town) send(b *testing.B, job int64, action, took string) {
	b.Helper()
	run := job / 4
	body, err := json.Marshal(runner.Event{
		ID: "d", At: time.Now(), Source: runner.SourceWebhook,
		Job: &runner.JobEvent{
			Action: action, ID: job + 1, RunID: run + 1, RunAttempt: 1, Name: "test", Workflow: "CI", Labels: labelsOf(run),
			RunnerName: took, CreatedAt: time.Now(), Repository: home(run), Installation: 5,
			Origin: runner.Origin{Public: runner.No, Fork: runner.No},
		},
	})
	fine(b, err)
	fine(b, t.queue.Send(context.Background(), body))
}

func (t town) pass(b *testing.B) {
	b.Helper()
	_, err := t.server.Pass(b.Context(), time.Minute)
	fine(b, err)
}

func fine(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
