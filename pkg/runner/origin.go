package runner

// Known is a yes or a no, or that nobody has said.
type Known string

// What is known.
const (
	Unsaid Known = ""
	Yes    Known = "yes"
	No     Known = "no"
)

// YesIf is what somebody says who knows.
func YesIf(is bool) Known {
	if is {
		return Yes
	}
	return No
}

// Origin is where the code of a job comes from.
type Origin struct {
	Public Known `json:"public,omitempty"` // from a repository that anybody sees, and may propose changes to
	Fork   Known `json:"fork,omitempty"`   // from a fork, and so from whoever owns that
}

// Trust is whose code gets runners beside that of private repositories, where only their members can
// have it run.
type Trust struct {
	Public bool // that of public repositories
	Forks  bool // that of forks
}

// Judge says whether a job is refused for its origin, and why. Settled is false as long as that depends
// on something that nobody has said. Where people may log in, only the code of private repositories runs,
// and no fork's, whatever else is trusted.
func (t Trust) Judge(job *Job) (refused Reason, settled bool) {
	o, repository := job.Origin, job.Repository.FullName
	switch {
	case !t.Public && o.Public == Yes:
		return PublicRepository(repository), true
	case !t.Forks && o.Fork == Yes:
		return Fork(repository), true
	case job.SSH && o.Public == Yes:
		return NotAllowed("ssh=true", repository+" is public, and nobody logs in beside code that anybody may propose: remove it"), true
	case job.SSH && o.Fork == Yes:
		return NotAllowed("ssh=true", "its code is of a fork of "+repository+", and nobody logs in beside a fork's code: remove it"), true
	case (job.SSH || !t.Public) && o.Public == Unsaid, (job.SSH || !t.Forks) && o.Fork == Unsaid:
		return NoReason(), false
	}
	return NoReason(), true
}
