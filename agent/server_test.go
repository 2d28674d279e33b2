package agent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

var orders = assignment.UserData{
	Bucket: bucketName, RoleID: roleID, S3Endpoint: "http://s3:80",
	RunnerCommand: []string{"/opt/runner/run.sh"}, PowerOff: []string{"poweroff", "now"},
	Profile: assignment.Compat,
}

func userData(t *testing.T) []byte {
	t.Helper()
	body, err := assignment.EncodeUserData(orders)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// launchOf is a launch of so many instances.
func launchOf(count int) runner.LaunchRequest {
	shape := runner.Shape{Types: []string{"m7a.large"}, Capacity: runner.Spot, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}}}
	return runner.LaunchRequest{Stack: "ci", ClientToken: "a", Count: count, Shape: shape, Offerings: shape.Offerings()}
}

// assign writes the instance's assignment, as the server does.
func (w *world) assign(t *testing.T) {
	t.Helper()
	body, err := assignment.Encode(assignment.Assignment{
		Instance: w.Instance, RunnerName: runner.Name("ci", w.Instance, 1), JITConfig: secret.New(canary),
		MaxRuntime: time.Hour, MaxIdle: 10 * time.Minute, Repository: 5,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, body)
}

func (w *world) put(t *testing.T, body []byte) {
	t.Helper()
	if err := w.server.Put(t.Context(), runner.AssignmentKey(roleID, w.Instance), body); err != nil {
		t.Fatal(err)
	}
}

// stored is the assignment, as it is in the bucket.
func (w *world) stored(t *testing.T) []byte {
	t.Helper()
	body, err := w.server.Get(t.Context(), runner.AssignmentKey(roleID, w.Instance))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// reports are the reports in the bucket, in order.
func (w *world) reports(t *testing.T) (all []assignment.Report) {
	t.Helper()
	for n := 1; ; n++ {
		body, err := w.server.Get(t.Context(), runner.ReportKey(roleID, w.Instance, n))
		if errors.Is(err, bucket.ErrNotFound) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := assignment.DecodeReport(body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}
