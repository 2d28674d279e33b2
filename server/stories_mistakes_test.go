package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// answering is an EC2 that has an answer of its own to some launches, and keeps count of those.
type answering struct {
	server.Fleet
	to    func(request runner.LaunchRequest) *runner.LaunchError // nil is EC2's
	calls *int
}

func (f answering) Launch(ctx context.Context, request runner.LaunchRequest) (runner.LaunchResult, error) {
	if problem := f.to(request); problem != nil {
		*f.calls++
		return runner.LaunchResult{}, problem
	}
	return f.Fleet.Launch(ctx, request)
}

func answers(calls *int, to func(request runner.LaunchRequest) *runner.LaunchError) option {
	return seams(func(s *server.Seams) { s.Fleet = answering{s.Fleet, to, calls} })
}

// One of three subnets was deleted: the jobs run in the other zones. Within a minute.
func TestASubnetThatIsGoneTakesNoJobWithIt(t *testing.T) {
	var alerts told
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(3, small)
		w.queueJobs(2, large)
		w.settle(time.Minute)
		w.wantSucceeded(5)
		w.wantLaunched(5)
		if calls := w.cloud.Books().Calls[localcloud.CreateFleet]; calls > 6 {
			t.Errorf("there were %d fleet calls, want no more than twice as many as without the mistake", calls)
		}
	}, config(func(c *server.Config) {
		c.Subnets = append(slices.Clone(c.Subnets), runner.Subnet{ID: "subnet-gone", Zone: "us-east-1x"})
	}), alerting(&alerts))
	alerts.wantOne(t)
}

// EC2 knows no subnet of the stack at all: nothing could ever be launched.
func TestWithoutAnySubnetOfItsStackAJobIsRefused(t *testing.T) {
	var alerts told
	story(t, func(t *testing.T, w *world) {
		w.run()
		id := w.queueIn(repository, small)
		time.Sleep(10 * time.Second)
		if job := w.job(id); job.State != runner.JobRefused || job.Reason.What != "InvalidSubnetID.NotFound" {
			t.Errorf("it is %s, told %q, want it refused with EC2's word for it", job.State, job.Reason)
		}
		if calls := w.cloud.Books().Calls[localcloud.CreateFleet]; calls != 1 {
			t.Errorf("there were %d fleet calls, want one", calls)
		}
		w.settle(time.Minute) // the run is cancelled
	}, config(func(c *server.Config) {
		c.Subnets = []runner.Subnet{{ID: "subnet-gone", Zone: "us-east-1x"}}
	}), alerting(&alerts))
	alerts.wantOne(t)
}

// An image that is not there is the end of the jobs that want it, and nothing to others of the same types.
func TestAnImageThatIsGoneRefusesItsJobsAndNoOthers(t *testing.T) {
	var alerts told
	calls := 0
	missing := answers(&calls, func(request runner.LaunchRequest) *runner.LaunchError {
		if request.Shape.Image != "ami-0123abcd" {
			return nil
		}
		return &runner.LaunchError{Class: runner.BadRequest, Code: "InvalidAMIID.NotFound", Message: "The image id '[ami-0123abcd]' does not exist"}
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		lost := w.queueIn(repository, small+"/ami=ami-0123abcd")
		time.Sleep(5 * time.Second)
		w.queueJobs(2, small)
		time.Sleep(time.Second)
		if job := w.job(lost); job.State != runner.JobRefused || !strings.Contains(job.Reason.String(), "ami-0123abcd") {
			t.Errorf("it is %s, told %q, want it refused with EC2's word for it", job.State, job.Reason)
		}
		w.settle(3 * time.Minute)
		w.wantLaunched(2)
	}, missing, alerting(&alerts), config(func(c *server.Config) { c.Policy.AMIs = []string{"ami-0123abcd"} }))
	alerts.wantOne(t)
	if calls != 1 {
		t.Errorf("EC2 was asked %d times for an image that it does not have, want once", calls)
	}
}

// Whose an AMI is that a label names EC2 is asked when it is launched: a wrong one is its author's to mend, and
// nobody is alerted.
func TestAnAMIOfAnotherAccountThanTheAllowedIsRefusedAndToldTheSetting(t *testing.T) {
	var alerts told
	calls := 0
	owned := answers(&calls, func(request runner.LaunchRequest) *runner.LaunchError {
		if slices.Contains(request.Shape.ImageOwners, "123456789012") && request.Shape.Image == "ami-0123abcd" {
			return &runner.LaunchError{Class: runner.BadRequest, Code: runner.ImageNotAllowed, Message: "it belongs to account 999999999999"}
		}
		return nil
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		theirs, ours := w.queueIn(repository, small+"/ami=ami-0123abcd"), w.queueIn(repository, small+"/ami=ami-4567abcd")
		time.Sleep(5 * time.Second)
		if job := w.job(theirs); job.State != runner.JobRefused || job.Reason != runner.NotAllowed("ami=ami-0123abcd", "it belongs to account 999999999999") {
			t.Errorf("it is %s, told %q, want it refused with whose it is", job.State, job.Reason)
		}
		w.hub.Cancel(theirs)
		w.settle(time.Minute)
		if entry := w.entry(ours); entry.Conclusion != localhub.Success {
			t.Errorf("the job with an allowed owner's AMI ended with %q", entry.Conclusion)
		}
		w.wantLaunched(1)
	}, owned, alerting(&alerts), config(func(c *server.Config) { c.Policy.AMIOwners = []string{"123456789012"} }))
	if len(alerts.texts) != 0 {
		t.Errorf("alerts: got %q, want none", alerts.texts)
	}
}

// The role may not launch for ten minutes. EC2 is asked now and then, and the jobs are done three minutes after.
func TestWithoutAPermissionJobsWaitAndSomebodyIsTold(t *testing.T) {
	var alerts told
	var first time.Time
	calls := 0
	denied := answers(&calls, func(runner.LaunchRequest) *runner.LaunchError {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) >= 10*time.Minute {
			return nil
		}
		return &runner.LaunchError{Class: runner.Denied, Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation."}
	})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(4, small)
		time.Sleep(5*time.Minute + 30*time.Second) // between two calls
		for _, entry := range w.hub.Books().Jobs {
			if job := w.job(entry.ID); job.State != runner.JobQueued || job.Attempts != 0 || !strings.Contains(job.Reason.String(), "UnauthorizedOperation") {
				t.Errorf("job %d is %s after %d attempts, told %q, want it to wait with EC2's word for it", job.ID, job.State, job.Attempts, job.Reason)
			}
		}
		w.settle(9 * time.Minute)
		w.wantSucceeded(4)
		w.wantLaunched(4)
	}, denied, alerting(&alerts))
	alerts.wantOne(t)
	if calls > 20 {
		t.Errorf("EC2 was asked %d times in ten minutes", calls)
	}
}

// EC2 throttles every call for three minutes. No attempt is used up, and EC2 is asked ever more rarely.
func TestWhileEC2ThrottlesNoAttemptIsUsedUp(t *testing.T) {
	var first time.Time
	calls := 0
	throttled := cloudFaults(localcloud.Faults{Call: func(localcloud.Call) localcloud.Trouble {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) >= 3*time.Minute {
			return localcloud.Trouble{}
		}
		calls++
		return localcloud.Trouble{Kind: localcloud.Throttled}
	}})
	story(t, func(t *testing.T, w *world) {
		w.run()
		w.queueJobs(8, small)
		time.Sleep(2 * time.Minute)
		for _, entry := range w.hub.Books().Jobs {
			if job := w.job(entry.ID); job.State != runner.JobQueued || job.Attempts > 1 {
				t.Errorf("job %d is %s after %d attempts, want it to wait for its first", job.ID, job.State, job.Attempts)
			}
		}
		w.settle(4 * time.Minute)
		w.wantSucceeded(8)
		w.wantLaunched(8)
	}, throttled)
	if calls > 20 {
		t.Errorf("EC2 was asked %d times in three minutes", calls)
	}
}
