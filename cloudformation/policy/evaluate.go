package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Policies are what a principal may do: of a role, all that are attached to it, in it or managed, and
// its permissions boundary, or nil. A service has none.
type Policies struct {
	Identity []Document
	Boundary *Document
}

// Evaluate decides a request within one account. Errors are of the request: the policies were found
// to be sound when they were parsed.
func Evaluate(policies Policies, request Request) (Decision, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	if service := request.Principal.Service; service != "" && (policies.Identity != nil || policies.Boundary != nil) {
		return nil, fmt.Errorf("request: principal: service %q: has no policies of its own; leave them out", service)
	}
	var decision Decision
	for _, resource := range request.Resources {
		context, err := request.Principal.context().with(request.Context, resource.Context)
		if err != nil {
			return nil, fmt.Errorf("request: resource %q: %w", resource.ARN, err)
		}
		asked := question{to: request.Principal, action: strings.ToLower(request.Action), resource: resource.ARN, context: context}
		verdict, err := asked.decide(policies, resource.Policy)
		if err != nil {
			return nil, fmt.Errorf("request: resource %q: %w", resource.ARN, err)
		}
		decision = append(decision, *verdict)
	}
	return decision, nil
}

// question is a request for one of its resources.
type question struct {
	to       Principal
	action   string // in lower case
	resource string
	context  Context
}

// decide is the order of [logic]: a Deny anywhere; what a resource's policy gives directly; what is
// allowed by the role's own policies, or by a resource's policy to the role, within the boundary.
func (q question) decide(policies Policies, ofResource *Document) (*Verdict, error) {
	granting := slices.Clone(policies.Identity)
	if ofResource != nil {
		granting = append(granting, *ofResource)
	}
	every := granting
	if policies.Boundary != nil {
		every = append(slices.Clone(granting), *policies.Boundary)
	}
	denied, err := q.find(every, Denied, func(s statement) bool { return s.deny && q.isMeant(s) })
	if denied != nil || err != nil {
		return denied, err
	}
	direct, err := q.find(granting, Allowed, func(s statement) bool { return !s.deny && s.grants(q.to) == direct })
	if direct != nil || err != nil {
		return direct, err
	}
	allowed, err := q.find(granting, Allowed, func(s statement) bool { return !s.deny && q.isMeant(s) })
	switch {
	case err != nil:
		return nil, err
	case allowed == nil:
		return &Verdict{Resource: q.resource, Outcome: NotAllowed}, nil
	case policies.Boundary == nil:
		return allowed, nil
	}
	within, err := q.find([]Document{*policies.Boundary}, Allowed, func(s statement) bool { return !s.deny })
	if within == nil {
		allowed.Outcome = NotBounded
	}
	return allowed, err
}

// isMeant says whether a statement is about whoever asks: a policy of a role is about the role.
func (q question) isMeant(s statement) bool { return s.principals == nil || s.grants(q.to) != nothing }

// find looks for the first statement that applies, among those wanted.
func (q question) find(documents []Document, outcome Outcome, wanted func(statement) bool) (*Verdict, error) {
	for _, document := range documents {
		for _, each := range document.statements {
			if !wanted(each) {
				continue
			}
			applies, err := q.applies(each)
			if err != nil {
				return nil, fmt.Errorf("policy %s: statement %s: %w", document.name, each.sid, err)
			}
			if applies {
				return &Verdict{Resource: q.resource, Outcome: outcome, Policy: document.name, Sid: each.sid}, nil
			}
		}
	}
	return nil, nil
}

// applies says whether action, resource and all conditions fit. A variable that the request has no value
// for "might cause the entire statement to be invalid" [variables]: so a Deny with one does not count,
// and in an Allow it is only a value that matches nothing.
func (q question) applies(s statement) (bool, error) {
	if !s.actions.matches(q.action, q.context) || s.deny && s.hasUnknown(q.context) || !s.resources.matches(q.resource, q.context) {
		return false, nil
	}
	for _, each := range s.conditions {
		if met, err := each.holds(q.context); !met || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s statement) hasUnknown(context Context) bool {
	for _, each := range s.resources.patterns {
		if _, ok := each.replace(context); !ok {
			return true
		}
	}
	return slices.ContainsFunc(s.conditions, func(one condition) bool { return one.hasUnknown(context) })
}

func (m matcher) matches(text string, context Context) bool {
	return m.not != slices.ContainsFunc(m.patterns, func(one pattern) bool {
		whole, ok := one.replace(context)
		return ok && whole.matches(text)
	})
}
