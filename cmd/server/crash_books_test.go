//go:build crash

package main

import (
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// settle waits until nothing is left to do, by GitHub, EC2, the record and the queue.
func (c *crash) settle() {
	c.t.Helper()
	toldAt := time.Now()
	for left := c.left(); left != ""; left = c.left() {
		if time.Since(toldAt) >= tellsEvery {
			c.say("left: %s", left)
			toldAt = time.Now()
		}
		if time.Since(c.began) > within {
			c.t.Fatalf("seed %d: after %v there is left: %s", *seed, within, left)
		}
		c.wait(looksEvery)
	}
}

// left is what is unfinished; empty is nothing.
func (c *crash) left() string {
	books := c.hub.Books()
	up, _ := c.count()
	left := map[string]int{
		"jobs": books.Unfinished(), "runners on GitHub": len(books.Runners), "instances": up, "points": c.wire.toCome(),
	}
	c.endLongest(books)
	if books.Unfinished() <= 1 {
		items, err := c.record.Unfinished(c.t.Context())
		c.must(err)
		s := runner.NewSnapshot(items...)
		left["jobs in the record"], left["runners in the record"], left["launches"] = len(s.Jobs), len(s.Runners), len(s.Launches)
		left["messages"] = c.messages()
	}
	return list(left)
}

// endLongest lets the longest job end, once nothing else is left on GitHub.
func (c *crash) endLongest(books localhub.Books) {
	if len(books.Jobs) == jobs && books.Unfinished() <= 1 && len(books.Runners) <= 1 && c.wire.toCome() == 0 {
		c.longestOver.Do(func() { close(c.longestEnds) })
	}
}

// messages is whether the queue has any.
func (c *crash) messages() (count int) {
	c.t.Helper()
	answer, err := c.sqs.GetQueueAttributes(c.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &c.queueURL, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	c.must(err)
	for _, many := range answer.Attributes {
		if many != "0" {
			count++
		}
	}
	return count
}

// check compares what GitHub, EC2 and the record say of the burst.
func (c *crash) check(kills int) {
	c.t.Helper()
	books := c.hub.Books()
	if got := books.Concluded(localhub.Success); got != jobs {
		c.t.Errorf("%d of %d jobs succeeded", got, jobs)
	}
	if books.Limited > 0 {
		c.t.Errorf("GitHub refused %d calls above its limit, want none", books.Limited)
	}
	worked := map[string]int{}
	for _, job := range books.Jobs {
		instance, _ := runner.InstanceOf(c.stack, job.RunnerName)
		if worked[instance]++; worked[instance] > 1 {
			c.t.Errorf("%s had more than one job", instance)
		}
	}
	instances, spare := c.checkInstances(worked)
	c.checkLog()
	c.say("seed %d: killed %d times; %d jobs succeeded; %d instances, without a job: %s; webhooks: %d delivered, %d failed; calls: %s",
		*seed, kills, books.Concluded(localhub.Success), instances, list(spare), books.Deliveries.OK, books.Deliveries.Failed, c.wire.called())
}

// checkInstances accounts for every instance that EC2 ever made: how many, and those without a job by the reason that they went for.
func (c *crash) checkInstances(worked map[string]int) (count int, spare map[string]int) {
	c.t.Helper()
	all, err := c.ours(c.t.Context())
	c.must(err)
	if _, booted := c.count(); booted > len(all) {
		c.t.Errorf("%d instances were seen, and EC2 shows %d", booted, len(all))
	}
	made := map[string]int{}
	spare = map[string]int{}
	for _, instance := range all {
		id := aws.ToString(instance.InstanceId)
		if instance.State.Name != "terminated" {
			c.t.Errorf("%s is %s, want it terminated", id, instance.State.Name)
		}
		row, launch := c.rowOf(id)
		tag := ""
		for _, one := range instance.Tags {
			if aws.ToString(one.Key) == runner.TagLaunch {
				tag = aws.ToString(one.Value)
			}
		}
		made[tag]++
		switch {
		case row.State != runner.RunnerTerminated || row.Launch != tag:
			c.t.Errorf("%s of launch %q: the record has it %q, of launch %q", id, tag, row.State, row.Launch)
		case launch.State != runner.LaunchClosed || launch.Request.ClientToken == "" || made[tag] > launch.Request.Count:
			c.t.Errorf("%s is number %d of launch %s, which is %q, of %d", id, made[tag], tag, launch.State, launch.Request.Count)
		}
		if worked[id] == 0 && row.Reason == runner.NoReason() {
			c.t.Errorf("%s had no job, and went for no reason", id)
		}
		if worked[id] == 0 {
			spare[string(row.Reason.Kind)]++
		}
	}
	return len(all), spare
}

// rowOf is what the record has of an instance, and of the launch that it came of.
func (c *crash) rowOf(id string) (row runner.Runner, launch runner.Launch) {
	c.t.Helper()
	items, err := c.record.Get(c.t.Context(), runner.RunnerKey(id))
	c.must(err)
	for _, item := range items {
		row = item.(runner.Runner)
	}
	items, err = c.record.Get(c.t.Context(), runner.LaunchKey(row.Launch))
	c.must(err)
	for _, item := range items {
		launch = item.(runner.Launch)
	}
	return row, launch
}

// checkLog looks for what no crash explains.
func (c *crash) checkLog() {
	c.t.Helper()
	log, err := os.ReadFile(c.log.Name())
	c.must(err)
	for _, told := range []string{webhookKey, strings.Split(c.hub.App().Key.Reveal(), "\n")[1], "panic:", "goroutine "} {
		if strings.Contains(string(log), told) {
			c.t.Errorf("the log has %q", told)
		}
	}
}
