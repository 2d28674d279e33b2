package runner

import (
	"maps"
	"slices"
	"strings"
)

// GroupAccess is what stands against an owner's jobs getting runners of its runner group, as GitHub said
// last.
type GroupAccess struct {
	Group   string   `json:"group"`             // its name
	Missing bool     `json:"missing,omitempty"` // the owner has none of that name
	Barred  []string `json:"barred,omitempty"`  // repositories whose jobs it does not take, lower case
}

// maxBarred is how many repositories are remembered whose jobs a group does not take.
const maxBarred = 1000

// Against is what stands against jobs of a class and repository in its runner group; none if nothing does.
func (b Budgets) Against(class Class, repository string) Reason {
	access := b.Groups[strings.ToLower(class.Scope.Owner())]
	switch {
	case class.Group == "" || access.Group != class.Group:
		return NoReason()
	case access.Missing:
		return NoGroup(class.Scope.Owner(), class.Group)
	case slices.Contains(access.Barred, strings.ToLower(repository)):
		return Barred(repository, class.Group)
	}
	return NoReason()
}

// MissGroup notes that an organisation has no runner group of a name.
func (b Budgets) MissGroup(class Class) Budgets {
	return b.accessing(class, func(access *GroupAccess) { access.Missing = true })
}

// Bar notes that a class's runner group takes no jobs of a repository.
func (b Budgets) Bar(class Class, repository string) Budgets {
	return b.accessing(class, func(access *GroupAccess) {
		access.Missing = false
		if name := strings.ToLower(repository); !slices.Contains(access.Barred, name) {
			access.Barred = append(slices.Clone(access.Barred[max(0, len(access.Barred)-maxBarred+1):]), name)
		}
	})
}

// Admit notes that a class's runner group takes the jobs of a repository.
func (b Budgets) Admit(class Class, repository string) Budgets {
	return b.accessing(class, func(access *GroupAccess) {
		access.Missing = false
		access.Barred = slices.DeleteFunc(slices.Clone(access.Barred), func(name string) bool { return strings.EqualFold(name, repository) })
	})
}

func (b Budgets) accessing(class Class, change func(*GroupAccess)) Budgets {
	owner := strings.ToLower(class.Scope.Owner())
	access := b.Groups[owner]
	if access.Group != class.Group {
		access = GroupAccess{Group: class.Group}
	}
	change(&access)
	changed := maps.Clone(b.Groups)
	if changed == nil {
		changed = map[string]GroupAccess{}
	}
	changed[owner] = access
	b.Groups = changed
	return b
}
