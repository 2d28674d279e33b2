package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
)

// show says what will be done.
func (p Program) show(in account.Account, plan Plan, flags Flags) {
	say := p.Console.Say
	say("Stack %s in account %s, region %s, as %s", flags.Stack, in.ID, in.Region(), in.Caller)
	say("\nParameters, of which %d stay as they are:", len(plan.Proposal.Kept))
	for _, name := range slices.Sorted(maps.Keys(plan.Proposal.Parameters)) {
		value := plan.Proposal.Parameters[name]
		if strings.HasSuffix(value, "@sha256:"+unpushed) {
			value = strings.TrimSuffix(value, unpushed) + "… (once it is pushed)"
		}
		say("  %-24s %s", name, value)
	}
	for _, note := range plan.Notes {
		say("\nNote: %s.", note)
	}
	p.showQuotas(plan, flags)
	say("\nSteps:")
	for i, step := range plan.Steps {
		say("  %d. %s", i+1, step.What)
	}
}

func (p Program) showQuotas(plan Plan, flags Flags) {
	for _, need := range plan.Missing {
		p.Console.Say("\nQuota: %s (%s) is short: %s need %.0f %s. Jobs beyond it wait until there is room.",
			need.Quota.Name, need.Quota.Code, need.For, need.Amount, need.Quota.Unit)
	}
	if len(plan.Missing) > 0 && !flags.RaiseQuotas {
		p.Console.Say("  --raise-quotas asks AWS for as much as that; it may take AWS some days.")
	}
	if len(plan.Unknown) > 0 {
		var names []string
		for _, need := range plan.Unknown {
			names = append(names, need.Quota.Name+" ("+need.Quota.Code+")")
		}
		p.Console.Say("\nQuota: it is not known whether these are enough: %s.", strings.Join(names, ", "))
	}
}

// showChanges says what CloudFormation would do, and names what would lose its state or its address by it.
func (p Program) showChanges(changes []stack.Change) (risky []string) {
	count := map[string]int{}
	for _, change := range changes {
		verb, losing := told(change)
		count[verb]++
		p.Console.Say("  %-9s %-28s %s", verb, change.Resource, change.Type)
		if losing {
			risky = append(risky, change.Resource)
		}
	}
	var sums []string
	for _, verb := range slices.Sorted(maps.Keys(count)) {
		sums = append(sums, fmt.Sprintf("%s %d", verb, count[verb]))
	}
	p.Console.Say("  in all: %s", strings.Join(sums, ", "))
	return risky
}

// keepsState are the types whose replacement or removal loses something: data, secrets, messages, or the webhook's URL.
var keepsState = []string{
	"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::AppRunner::Service", "AWS::Lambda::Url",
}

func told(change stack.Change) (verb string, losing bool) {
	state := slices.Contains(keepsState, change.Type)
	switch {
	case change.Action == "Remove":
		return "remove", state
	case change.Replacement == "True":
		return "replace", state
	case change.Replacement == "Conditional":
		return "replace?", state
	}
	return strings.ToLower(change.Action), false
}
