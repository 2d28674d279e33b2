package admin_test

import (
	"fmt"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// after is so long after noon.
func after(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

var (
	octo     = runner.Repository{ID: 1, FullName: "octo/hello"}
	offering = runner.Offering{Type: "m7a.large", Zone: "us-east-1a", Capacity: runner.Spot}
)

func class(label string) runner.Class {
	return runner.Class{Installation: 1, Scope: octo, Labels: []string{label}}
}

// queued is a job that was queued so many seconds after noon.
func queued(id int64, label string, at float64) runner.Job {
	job := runner.Job{
		ID: id, Name: fmt.Sprintf("build %d", id), Repository: octo, Class: class(label), CreatedAt: after(at),
		Shape: runner.Shape{Name: "2cpu-linux-x64 spot"},
	}
	return must(job.To(runner.JobQueued, after(at), runner.NoReason()))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// launched is a runner whose instance was launched so many seconds after noon.
func launched(instance, launch string, at float64) runner.Runner {
	slot := runner.Slot{Class: class("a")}
	r := runner.NewRunner(launch, slot, runner.Instance{ID: instance, Offering: offering}, after(at))
	r.Name = runner.Name("prod", instance, 1)
	return r
}
