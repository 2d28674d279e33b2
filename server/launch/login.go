package launch

import (
	"fmt"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// letIn marks those of a batch whose instances let people in, and gives the runners to store of which that
// is new: the audit tells of what is stored, and so of every instance before it lets anybody in.
func (s *Stage) letIn(batch []ask) (marked []runner.Item) {
	for i := range batch {
		instance := &batch[i].instance
		if opens := s.Logins(instance.Class.Labels); opens != instance.SSH {
			instance.SSH = opens
			marked = append(marked, *instance)
		}
	}
	return marked
}

// withLogins is the assignment of an instance with whom it lets in, if anybody.
func (s *Stage) withLogins(instance runner.Runner, a assignment.Assignment) assignment.Assignment {
	if instance.SSH {
		// CloudFormation's names of stacks have 128 characters at most.
		a.SSHKeys, a.SSHBy = s.SSHKeys, fmt.Sprintf("the stack %.128s, for the label ssh=true", s.Stack)
	}
	return a
}
