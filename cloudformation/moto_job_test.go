//go:build aws

package cloudformation_test

import (
	"context"
	"encoding/base64"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// instances are those of the stack, in some states.
func (a *account) instances(states ...string) (all []types.Instance) {
	a.t.Helper()
	answer, err := ec2.NewFromConfig(a.config).DescribeInstances(a.t.Context(), &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("tag:mayfly-stack"), Values: []string{a.name}}, {Name: aws.String("instance-state-name"), Values: states},
	}})
	a.must(err)
	for _, reservation := range answer.Reservations {
		all = append(all, reservation.Instances...)
	}
	return all
}

// assigned is what an instance is told, where its role may read it.
func (o *onMoto) assigned(instance string) (assignment.Assignment, bool) {
	o.t.Helper()
	key := "runners/" + o.given["RunnerRole.RoleId"] + ":" + instance + "/assignment.json"
	got, err := o.s3().GetObject(o.t.Context(), &s3.GetObjectInput{Bucket: aws.String(o.given["ControlBucket"]), Key: &key})
	if err != nil {
		return assignment.Assignment{}, false
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	o.must(err)
	told, err := assignment.Decode(body, instance)
	o.must(err)
	return told, true
}

// oneJob queues a job, and follows it to its end: an instance of the stack's template runs it, and is gone.
// Meanwhile other things go on, such as Lambda's.
func (o *onMoto) oneJob(meanwhile func()) {
	o.t.Helper()
	o.hub.Queue("octo/repo", localhub.Job{Name: "build", Workflow: "CI", Labels: []string{"mayfly=1/runner=2cpu-linux-x64/spot=false"}})
	var told assignment.Assignment
	var instance types.Instance
	o.await("an assignment", func() (is bool) {
		meanwhile()
		if running := o.instances("pending", "running"); len(running) == 1 {
			instance = running[0]
			told, is = o.assigned(*instance.InstanceId)
		}
		return is
	})
	o.checkInstance(instance)
	runner := localhub.Runner{Client: o.github.Client(), Out: io.Discard, Execute: func(_ context.Context, _ localhub.Work) string { return localhub.Success }}
	if code := runner.Run(o.t.Context(), told.JITConfig.Reveal()); code != 0 {
		o.t.Fatalf("the runner: got exit code %d, want 0; the log:\n%s", code, o.log)
	}
	o.await("the instance's end", func() bool { meanwhile(); return len(o.instances("terminated")) == 1 })
	if job := o.hub.Books().Jobs[0]; job.State != localhub.Completed || job.Conclusion != localhub.Success {
		o.t.Errorf("the job: got %s, %s, want it completed with success", job.State, job.Conclusion)
	}
	for _, told := range []string{o.secretValue(o.given["WebhookSecret"]), strings.Split(o.hub.App().Key.Reveal(), "\n")[1]} {
		if strings.Contains(o.log.String(), told) {
			o.t.Errorf("got %q in the log:\n%s", told, o.log)
		}
	}
	for line := range strings.Lines(o.log.String()) {
		if strings.Contains(line, `"level":"ERROR"`) && !strings.Contains(line, "operation error CloudWatch") { // it speaks CBOR, and moto does not
			o.t.Errorf("got an error in the log: %s", line)
		}
	}
}

// checkInstance looks at what an instance got: from the stack's launch template, which refers to its bucket and its
// role, and from the server, which was told the stack's subnets.
func (o *onMoto) checkInstance(instance types.Instance) {
	o.t.Helper()
	got, err := ec2.NewFromConfig(o.config).DescribeInstanceAttribute(o.t.Context(), &ec2.DescribeInstanceAttributeInput{
		InstanceId: instance.InstanceId, Attribute: types.InstanceAttributeNameUserData,
	})
	o.must(err)
	script, err := base64.StdEncoding.DecodeString(aws.ToString(got.UserData.Value))
	o.must(err)
	told, err := assignment.DecodeUserData(script)
	o.must(err)
	if diff := cmp.Diff([]string{o.given["ControlBucket"], o.given["RunnerRole.RoleId"], o.given["RunnerLogs"]}, []string{told.Bucket, told.RoleID, told.LogGroup}); diff != "" {
		o.t.Errorf("the instance's user data (-want +got):\n%s", diff)
	}
	if ours := []string{o.given["PublicA"], o.given["PublicB"], o.given["PublicC"]}; !slices.Contains(ours, aws.ToString(instance.SubnetId)) {
		o.t.Errorf("subnet: got %s, want one of %v", aws.ToString(instance.SubnetId), ours)
	}
}
