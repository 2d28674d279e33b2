package policytest

import (
	"maps"
	"slices"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/policy"
)

// Scenario is a sentence about a role, and the request that shows whether it is true.
type Scenario struct {
	Name    string
	As      string // a role of the stack, or a service: name.amazonaws.com
	Action  string
	On      []policy.Resource
	Context policy.Context // beside, or instead of, what every request of the role has
	Want    bool           // whether it is allowed
}

// Scenarios are all that are about the roles of a stack.
func Scenarios(stack Stack) []Scenario {
	every := slices.Concat(
		stack.serverWorks(), stack.stolenServerLaunches(), stack.stolenServerTouches(), stack.stolenServerReads(),
		stack.runnerWorks(), stack.stolenRunner(Runner), stack.stolenRunner(Administrator),
		stack.runnerHasNothingElse(), stack.administratorWorks(), stack.othersWork(), stack.workerWorks(), stack.othersDoNoMore(), stack.services(),
	)
	return slices.DeleteFunc(every, func(one Scenario) bool {
		_, has := stack.Roles[one.As]
		return !has && slices.Contains([]string{Tick, Web}, one.As)
	})
}

// Run asks all of them.
func Run(t *testing.T, stack Stack) {
	t.Helper()
	for _, one := range Scenarios(stack) {
		t.Run(one.Name, func(t *testing.T) {
			decision, err := Decide(stack, one)
			if err != nil {
				t.Fatal(err)
			}
			if decision.Allowed() != one.Want {
				t.Errorf("%s by %s: got allowed %t, want %t:\n%s", one.Action, one.As, decision.Allowed(), one.Want, decision)
			}
		})
	}
}

// Decide is what AWS would answer.
func Decide(stack Stack, one Scenario) (policy.Decision, error) {
	request := policy.Request{Action: one.Action, Resources: one.On}
	role, isRole := stack.Roles[one.As]
	if one.As == Administrator {
		role, isRole = stack.administrator(), true
	}
	session := "session"
	request.Context = policy.Context{"aws:RequestedRegion": {stack.Region}, "aws:SecureTransport": {"true"}}
	if one.As == Runner || one.As == Administrator {
		session = own
		request.Context["ec2:RoleDelivery"] = []string{"2.0"}
		request.Context["ec2:SourceInstanceARN"] = []string{stack.arn("ec2", "instance/"+own)}
	}
	request.Principal = policy.Principal{Role: role.ARN, RoleID: role.ID, Session: session}
	if !isRole {
		request.Principal = policy.Principal{Service: one.As}
	}
	maps.Copy(request.Context, one.Context)
	return policy.Evaluate(role.Policies, request)
}

// administrator is the runners' role with AWS's AdministratorAccess, within the boundary that it has.
func (s Stack) administrator() Role {
	all, err := policy.Identity("AdministratorAccess", map[string]any{
		"Version":   "2012-10-17",
		"Statement": map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"},
	})
	if err != nil {
		panic(err) // it is a constant
	}
	role := s.Roles[Runner]
	role.Policies.Identity = append(slices.Clone(role.Policies.Identity), all)
	return role
}
