package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// Request is what somebody asks of AWS. An operation that touches several resources, as ec2:RunInstances
// does, names all of them: each must be allowed.
type Request struct {
	Principal Principal
	Action    string // service:Name
	Context   Context
	Resources []Resource
}

// Resource is one of a request's resources.
type Resource struct {
	ARN     string    // or "*", for an operation that has none
	Context Context   // keys that this resource alone has, such as ec2:Owner of an image
	Policy  *Document // the resource's own, or nil
}

// Context is a request's condition keys with their values. Keys that tell of the principal are not in it.
type Context map[string][]string

// Principal is a role that somebody has assumed, or a service of AWS.
type Principal struct {
	Role    string // its ARN
	RoleID  string // AROA…
	Session string // for an instance's role, the instance id
	Service string // instead of all three: name.amazonaws.com
}

var (
	exactAction = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	roleForm    = regexp.MustCompile(`^arn:([a-z-]+):iam::(\d{12}):role/(?:[^*?]*/)?([\w+=,.@-]+)$`)
)

// account is the principal's account, or nothing for a service.
func (p Principal) account() string {
	if found := roleForm.FindStringSubmatch(p.Role); found != nil {
		return found[2]
	}
	return ""
}

// session is the ARN of a role's session, or nothing for a service.
func (p Principal) session() string {
	found := roleForm.FindStringSubmatch(p.Role)
	if found == nil {
		return ""
	}
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", found[1], found[2], found[3], p.Session)
}

// context is what AWS tells of a principal in every request [keys]. A session's aws:userid is its
// role's id, a colon and its name [variables].
func (p Principal) context() Context {
	if p.Service != "" {
		return Context{"aws:principalisawsservice": {"true"}, "aws:principalservicename": {p.Service}}
	}
	return Context{
		"aws:principalarn": {p.Role}, "aws:principalaccount": {p.account()}, "aws:principalisawsservice": {"false"},
		"aws:principaltype": {"AssumedRole"}, "aws:userid": {p.RoleID + ":" + p.Session},
	}
}

func (r Request) check() error {
	switch service := r.Principal.Service != ""; {
	case service && (r.Principal.Role != "" || !serviceForm.MatchString(r.Principal.Service)):
		return fmt.Errorf("request: principal: service %q: want name.amazonaws.com, and no role", r.Principal.Service)
	case !service && (r.Principal.account() == "" || r.Principal.RoleID == "" || r.Principal.Session == ""):
		return fmt.Errorf("request: principal: %+v: want a role's ARN, its id and a session's name", r.Principal)
	case !exactAction.MatchString(r.Action):
		return fmt.Errorf("request: action: %q: want service:Name, without wildcards", r.Action)
	case len(r.Resources) == 0:
		return errors.New(`request: resources: none; write "*" for an operation that has no resource`)
	}
	for _, each := range r.Resources {
		if err := each.check(r.Principal); err != nil {
			return fmt.Errorf("request: resource %q: %w", each.ARN, err)
		}
	}
	return nil
}

func (r Resource) check(by Principal) error {
	if r.ARN == anyResource {
		return nil
	}
	parts := strings.SplitN(r.ARN, ":", arnParts)
	if len(parts) < arnParts || parts[0] != "arn" {
		return errors.New(`want an ARN of six parts, or "*"`)
	}
	if r.Policy == nil {
		return nil
	}
	if parts[2] == "kms" || parts[2] == "iam" {
		return errors.New("policies of keys and of roles work differently [logic], and are not evaluated")
	}
	if owner := parts[4]; owner != "" && by.Role != "" && owner != by.account() {
		return errors.New("it has a policy and is of another account; what is between accounts is not evaluated")
	}
	return nil
}

// with puts a request's keys together, in lower case. A key that is not known, that has too many values or
// that is given twice is an error. Empty values of a key of many count as none [sets].
func (c Context) with(others ...Context) (Context, error) {
	whole := maps.Clone(c)
	for _, other := range others {
		for key, values := range other {
			typ, err := typeOf(key)
			if err != nil {
				return nil, err
			}
			lower := strings.ToLower(key)
			if _, twice := whole[lower]; twice {
				return nil, fmt.Errorf("condition key %q: given twice, or told by the principal; give it once", key)
			}
			if !typ.many && len(values) > 1 {
				return nil, fmt.Errorf("condition key %q: %q: want one value", key, values)
			}
			whole[lower] = present(values, typ.many)
		}
	}
	return whole, nil
}

func present(values []string, many bool) []string {
	var kept []string
	for _, value := range values {
		if value != "" || !many {
			kept = append(kept, value)
		}
	}
	return kept
}

func (c Context) get(key string) []string { return c[strings.ToLower(key)] }
