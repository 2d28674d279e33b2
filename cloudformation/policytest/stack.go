// Package policytest asks what the roles of a stack may do, in sentences. It is for the tests of the
// template: each sentence is a request, and package policy decides it as AWS would.
package policytest

import (
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// Stack is what a template makes, with ids and ARNs as they might be.
type Stack struct {
	Partition, Region, Account, Name string

	Roles    map[string]Role            // by the names of the constants here
	Policies map[string]policy.Document // of resources, by their ARN: Bucket, Queue, Topic

	RunnerRole, Profile          string   // ARNs
	Bucket, Queue, Record, Topic string   // ARNs
	GitHubApps, WebhookSecret    string   // ARNs of secrets
	RunnerLogs, FunctionLogs     string   // names of log groups
	Rule                         string   // ARN of a rule whose events go to the queue
	Function                     string   // ARN of the function that the scheduler calls
	Templates, Subnets           []string // ids
	Group                        string   // id of the runners' security group
	ImageOwner                   string   // an account whose images are trusted
	InstanceType                 string   // one that is allowed
	DoorOff                      bool     // an instance closes its own metadata
}

// Role is a role of the stack, with all that is attached to it.
type Role struct {
	ARN      string
	ID       string // AROA…
	Policies policy.Policies
}

// The roles that scenarios are about. A stack has Tick or Web, as its platform is. Administrator is made
// of Runner, to which a customer attached AdministratorAccess.
const (
	Server        = "server"
	Runner        = "runner"
	Administrator = "runner with AdministratorAccess"
	Tick          = "tick"
	Web           = "web"
	Scheduler     = "scheduler"
)

// The instances of scenarios: the one whose role was stolen, another runner of the stack, and one that is
// none of Mayfly's.
const (
	own     = "i-0a000000000000001"
	sibling = "i-0b000000000000002"
	foreign = "i-0c000000000000003"
)

// arn is an ARN of the stack's account and region.
func (s Stack) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.Partition, service, s.Region, s.Account, resource)
}

// role is the ARN of a role that the stack does not make.
func (s Stack) role(name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", s.Partition, s.Account, name)
}

// on is a resource with the policy that the stack gives it.
func (s Stack) on(arn string) []policy.Resource {
	resource := policy.Resource{ARN: arn}
	for owner, document := range s.Policies {
		if arn == owner || strings.HasPrefix(arn, owner+"/") {
			resource.Policy = &document
		}
	}
	return []policy.Resource{resource}
}

// object is one of the stack's bucket.
func (s Stack) object(key string) []policy.Resource { return s.on(s.Bucket + "/" + key) }

// of is the part of the bucket that an instance has below a prefix.
func (s Stack) of(prefix, instance, file string) []policy.Resource {
	return s.object(prefix + "/" + s.Roles[Runner].ID + ":" + instance + "/" + file)
}

// instance is one with the tag of a stack; without one, of nobody.
func (s Stack) instance(id, stack string) []policy.Resource { return s.tagged("instance", id, stack) }

// volume is a disk, likewise.
func (s Stack) volume(stack string) []policy.Resource { return s.tagged("volume", "vol-0d", stack) }

func (s Stack) tagged(kind, id, stack string) []policy.Resource {
	context := policy.Context{}
	if kind == "instance" {
		context["ec2:InstanceID"] = []string{id}
	}
	if stack != "" {
		context["aws:ResourceTag/mayfly-stack"] = []string{stack}
	}
	return []policy.Resource{{ARN: s.arn("ec2", kind+"/"+id), Context: context}}
}

// nothing is the resource of operations that have none.
func nothing() []policy.Resource { return []policy.Resource{{ARN: "*"}} }
