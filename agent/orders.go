package agent

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/agent/boot"
	"github.com/mayfly-ci/mayfly/agent/report"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// boot finds out which instance this is, and opens its bucket.
func (l *life) boot(ctx context.Context) error {
	var err error
	if l.endpoint, err = boot.ParseEndpoint(l.Endpoint); err != nil {
		return err
	}
	metadata := boot.NewMetadata(l.endpoint, l.toMetadata, boot.TokenLife)
	if l.instance, err = metadata.Identify(ctx); err != nil {
		return err
	}
	l.Log = l.Log.With("instance", l.instance.ID)
	l.steps.MarkAt(runner.StepInstanceLaunched, l.instance.LaunchedAt)
	if l.orders, err = metadata.UserData(ctx); err != nil {
		if l.endpoint.Real { // so this is an instance, and no laptop on which somebody tries the agent
			l.orders.PowerOff = systemPowerOff
		}
		return err
	}
	l.credentials = aws.NewCredentialsCache(metadata.Credentials())
	if !l.orders.TestBoot {
		l.openBucket(ctx)
	}
	switch {
	case l.ours():
		l.markBoot()
		return l.openLogs(ctx)
	case l.endpoint.Real:
		return errBare
	}
	return nil
}

// openBucket opens the bucket that the user data names. From here on there are reports.
func (l *life) openBucket(ctx context.Context) {
	l.objects = bucket.New(bucket.Config{
		Name: l.orders.Bucket, Region: l.instance.Region, Endpoint: l.orders.S3Endpoint,
		Credentials: l.credentials, Client: straight(l.Transport),
	})
	l.sender = report.NewSender(ctx, l.objects, func(n int) string {
		return runner.ReportKey(l.orders.RoleID, l.instance.ID, n)
	}, l.Log)
}

// straight is a client that follows no redirect: nobody but the user data says where the bucket is.
func straight(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// takeAssignment is [life.readAssignment], whose errors say what they are of.
func (l *life) takeAssignment(ctx context.Context) error {
	if err := l.readAssignment(ctx); err != nil {
		return fmt.Errorf("take the assignment: %w", err)
	}
	return nil
}

// readAssignment reads the assignment. It is the right to run a job, so it is gone from the bucket
// before anything else is done with it, even if the machine turns out to be unfit meanwhile. If it cannot be deleted the job comes first: only this
// instance may read it, and the bucket's lifecycle ends it within a day.
func (l *life) readAssignment(ctx context.Context) error {
	key := runner.AssignmentKey(l.orders.RoleID, l.instance.ID)
	body, err := boot.Fetch(ctx, l.objects, key)
	if err != nil {
		return err
	}
	l.steps.Mark(l.Log, runner.StepAssignmentRead)
	if err := boot.Delete(context.WithoutCancel(ctx), l.objects, key); err != nil {
		l.Log.Error("the assignment is still in the bucket, its lifecycle has to remove it", "key", key, "error", err)
		l.problem(err)
	} else {
		l.steps.Mark(l.Log, runner.StepAssignmentDeleted)
	}
	l.task, err = assignment.Decode(body, l.instance.ID)
	if err != nil {
		return err
	}
	if err := l.Masker.Register(l.task.JITConfig, time.Time{}); err != nil {
		return fmt.Errorf("jit_config: %w", err)
	}
	return l.setDeadline()
}
