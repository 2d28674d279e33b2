package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// everyone is the Principal "*".
const everyone = "*"

// principal is one of those that a resource's policy names.
type principal struct {
	service bool
	name    string
}

// grant is what an Allow of a resource's policy gives.
type grant int

const (
	nothing grant = iota
	bounded       // to the role: its permissions boundary still limits it
	direct        // to the session, the service or everyone: nothing but a Deny limits it
)

var (
	roleOrSession = regexp.MustCompile(`^arn:[a-z-]+:(iam::\d{12}:role|sts::\d{12}:assumed-role)/[^*?]+$`)
	accountForm   = regexp.MustCompile(`^(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?$`)
	serviceForm   = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
)

// parsePrincipals reads Principal: a resource's policy must have it, an identity's must not [grammar].
func parsePrincipals(fields map[string]any, deny, ofResource bool) ([]principal, error) {
	value, given := fields["Principal"]
	if _, negated := fields["NotPrincipal"]; negated {
		return nil, errors.New("NotPrincipal: not evaluated; AWS advises Principal \"*\" and ArnNotEquals on aws:PrincipalArn instead")
	}
	if given != ofResource {
		return nil, errors.New("Principal: want it in the policy of a resource, and nowhere else")
	}
	if !given {
		return nil, nil
	}
	if value == everyone {
		return []principal{{name: everyone}}, nil
	}
	byType, ok := value.(map[string]any)
	if !ok || len(byType) == 0 {
		return nil, fmt.Errorf("Principal: %v: want \"*\", or an object of AWS and Service", value)
	}
	var principals []principal
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		names, err := texts(byType[typ])
		if err != nil {
			return nil, fmt.Errorf("Principal: %s: %w", typ, err)
		}
		for _, name := range names {
			if err := checkPrincipal(typ, name, deny); err != nil {
				return nil, fmt.Errorf("Principal: %s: %q: %w", typ, name, err)
			}
			principals = append(principals, principal{service: typ == "Service", name: name})
		}
	}
	return principals, nil
}

// checkPrincipal refuses wildcards within a name, for they are none [principal], and an account that is
// allowed something: that leaves the decision to the account's own policies.
func checkPrincipal(typ, name string, deny bool) error {
	switch {
	case typ == "Service" && serviceForm.MatchString(name):
	case typ == "AWS" && roleOrSession.MatchString(name):
	case typ == "AWS" && accountForm.MatchString(name) && deny:
	case typ == "AWS" && accountForm.MatchString(name):
		return errors.New("an account as a whole is not evaluated in an Allow; name the role")
	default:
		return errors.New("want Principal \"*\" for everyone, AWS with the ARN of a role, a session or an account, or Service with name.amazonaws.com")
	}
	return nil
}

// grants says what the statement of a resource's policy means to whoever asks [logic]. For a Deny, anything
// but nothing means that it is meant.
func (s statement) grants(to Principal) grant {
	most := nothing
	for _, each := range s.principals {
		switch {
		case each.name == everyone, each.service && each.name == to.Service, !each.service && each.name == to.session():
			most = direct
		case !each.service && to.Role != "" && (each.name == to.Role || accountOf(each.name) == to.account()):
			most = max(most, bounded)
		}
	}
	return most
}

// accountOf is the account that a principal names as a whole, or nothing.
func accountOf(name string) string {
	found := accountForm.FindStringSubmatch(name)
	if found == nil {
		return ""
	}
	return found[1]
}
