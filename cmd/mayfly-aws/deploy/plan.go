package deploy

import (
	"errors"
	"fmt"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

// noEmail is what a new stack is told that nobody said an address for: alerts that nobody reads are worse than none.
const noEmail = "AlertEmail is empty: say who is sent alerts, as --param AlertEmail=ops@example.com, or --param AlertEmail= if you subscribe to the topic yourself"

// Deed is one effect.
type Deed string

// Deeds, in the order in which they are done. The agents go before an update, for its instances fetch them at once, and
// after a creation, for there is no bucket before.
const (
	RaiseQuotas Deed = "raise quotas"
	MakeBucket  Deed = "make bucket"
	PutZip      Deed = "upload zip"
	PushImage   Deed = "push image"
	PutTemplate Deed = "upload template"
	PutAgents   Deed = "upload agents"
	DeployStack Deed = "deploy stack"
	KeepLogs    Deed = "keep logs"
)

// Step is one of a plan's, with what a person is told of it.
type Step struct {
	Do   Deed
	What string
}

// Plan is what a deployment does.
type Plan struct {
	Proposal stack.Proposal // but for the template's URL
	Bucket   string         // that the zip and the template go to
	Key      string         // of the template in it
	Whole    map[string]string
	Days     string // that logs are kept
	Steps    []Step
	Notes    []string
	Missing  []Need
	Unknown  []Need
}

// Make makes a plan of what there is and what is wanted. The error names the parameter that is wrong, its value and what to
// write instead.
func Make(found Found, flags Flags, written *template.Template, digest string) (Plan, error) {
	if found.exists() && !found.Stack.Ours() {
		return Plan{}, console.Misuse(fmt.Errorf("--stack is %q, and that stack is not of Mayfly's template: name another", flags.Stack))
	}
	if found.exists() && !found.Stack.Usable() {
		return Plan{}, fmt.Errorf("the stack %s is %s: %s", flags.Stack, found.Stack.Status, stack.Remedy(found.Stack.Status, flags.Stack))
	}
	chosen, err := choose(found, flags, written)
	if err != nil {
		return Plan{}, err
	}
	value := func(name string) string { return written.Value(name, chosen.whole) }
	plan := Plan{
		Proposal: stack.Proposal{Stack: flags.Stack, Exists: found.exists(), Parameters: chosen.set, Kept: chosen.kept},
		Bucket:   chosen.whole["ArtifactBucket"], Key: templateKey(digest),
		Whole: chosen.whole, Days: value("LogRetentionDays"), Notes: chosen.notes,
	}
	plan.Missing, plan.Unknown = short(needs(found, value), found.Quotas)
	if _, said := chosen.whole["AlertEmail"]; !said {
		if !flags.DryRun {
			return Plan{}, console.Misuse(errors.New(noEmail))
		}
		plan.Notes = append(plan.Notes, "this is refused without --dry-run: "+noEmail)
	}
	plan.Steps = steps(plan, found, flags, value("ServerPlatform"))
	return plan, nil
}

func steps(plan Plan, found Found, flags Flags, platform string) (all []Step) {
	add := func(wanted bool, do Deed, format string, values ...any) {
		if wanted {
			all = append(all, Step{do, fmt.Sprintf(format, values...)})
		}
	}
	exists := found.exists()
	agents := !found.AgentX64.There || !found.AgentArm64.There
	add(flags.RaiseQuotas && len(plan.Missing) > 0, RaiseQuotas, "ask AWS to raise %d quotas", len(plan.Missing))
	add(!found.Bucket, MakeBucket, "make the bucket %s: private, encrypted, TLS alone", plan.Bucket)
	add(!found.Zip.There, PutZip, "upload %s to %s as lambda/%s.zip", found.Zip.Path, plan.Bucket, found.Zip.SHA256)
	add(flags.PushImage, PushImage, "build the server's image with Docker, and push it to %s/%s", found.Registry, repository)
	add(!found.Template, PutTemplate, "upload the template to %s as %s", plan.Bucket, plan.Key)
	add(exists && agents, PutAgents, "upload the agents to the stack's bucket")
	if exists {
		add(true, DeployStack, "update the stack %s, if anything of it changes; you are shown what", flags.Stack)
	} else {
		add(true, DeployStack, "make the stack %s", flags.Stack)
	}
	add(!exists && agents, PutAgents, "upload the agents to the stack's new bucket, as agents/%s and agents/%s", found.AgentX64.SHA256, found.AgentArm64.SHA256)
	add(platform == AppRunner, KeepLogs, "have App Runner's logs kept for %s days", plan.Days)
	return all
}
