package deploy

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
)

// carrier carries a plan out.
type carrier struct {
	Program
	in      account.Account
	found   Found
	plan    Plan
	outputs map[string]string // of the stack, as it is now
}

func (c *carrier) carry(ctx context.Context) error {
	if c.found.exists() {
		c.outputs = c.found.Stack.Outputs
	}
	for _, step := range c.plan.Steps {
		c.Console.Say("%s", step.What)
		if err := c.do(ctx, step.Do); err != nil {
			return account.Told(err)
		}
	}
	c.next()
	return nil
}

func (c *carrier) do(ctx context.Context, deed Deed) error {
	switch deed {
	case RaiseQuotas:
		return c.raiseQuotas(ctx)
	case MakeBucket:
		return c.in.Bucket(c.plan.Bucket).Make(ctx, c.in.Partition())
	case PutZip:
		return c.put(ctx, c.plan.Bucket, "lambda/"+c.found.Zip.SHA256+".zip", c.found.Zip)
	case PutTemplate:
		return c.in.Bucket(c.plan.Bucket).Put(ctx, c.plan.Key, bytes.NewReader(c.Template))
	case PushImage:
		image, err := c.push(ctx)
		c.plan.Proposal.Parameters["ServerImage"] = image
		return err
	case PutAgents:
		return c.putAgents(ctx)
	case DeployStack:
		return c.deployStack(ctx)
	case KeepLogs:
		return c.keepLogs(ctx)
	}
	panic("no such deed: " + deed)
}

func (c *carrier) put(ctx context.Context, bucket, key string, artifact Artifact) error {
	file, err := os.Open(artifact.Path)
	if err != nil {
		return fmt.Errorf("read what is to be deployed: %w", err)
	}
	defer func() { _ = file.Close() }()
	return c.in.Bucket(bucket).Put(ctx, key, file)
}

func (c *carrier) putAgents(ctx context.Context) error {
	for _, agent := range []Artifact{c.found.AgentX64, c.found.AgentArm64} {
		if agent.There {
			continue
		}
		if err := c.put(ctx, c.outputs["ControlBucketName"], "agents/"+agent.SHA256, agent); err != nil {
			return err
		}
	}
	return nil
}

func (c *carrier) raiseQuotas(ctx context.Context) error {
	for _, need := range c.plan.Missing {
		before, err := c.in.RaiseQuota(ctx, need.Quota, need.Amount)
		if err != nil {
			return err
		}
		answer := "asked for"
		if before {
			answer = "asked for before, and not answered yet:"
		}
		c.Console.Say("  %s (%s): %s %.0f %s", need.Quota.Name, need.Quota.Code, answer, need.Amount, need.Quota.Unit)
	}
	return nil
}

// keepLogs bounds how long the logs of App Runner are kept, which makes their groups by itself.
func (c *carrier) keepLogs(ctx context.Context) error {
	days, err := strconv.ParseInt(c.plan.Days, 10, 32)
	if err != nil {
		return fmt.Errorf("LogRetentionDays is %q: %w", c.plan.Days, err)
	}
	of, is := strings.CutSuffix(c.outputs["ServerLogGroup"], "/application")
	if !is {
		return nil
	}
	for _, group := range []string{of + "/application", of + "/service"} {
		if err := c.in.KeepLogs(ctx, group, int32(days)); err != nil {
			return err
		}
	}
	return nil
}
