package workflow

import "time"

// Run is the run that a file is read for.
type Run struct {
	ID         int64
	Attempt    int
	Repository string // "owner/name"
	Push       string // the branch that it is of, where a push began it; empty is not known
	OS         string // of all its runners, in GitHub's words: Linux, macOS or Windows; empty is not known
}

// Workflow is a file as it would run.
type Workflow struct {
	Name    string // the file's path where it names none, as on GitHub
	Jobs    []Job  // each after all that it needs, and otherwise as written
	Notices []Notice
}

// Job is one job of a run: one combination of a matrix, or the only one of its key.
type Job struct {
	Key      string
	Name     string // as GitHub shows it: "check (x64, 1)"
	Position Position
	Needs    []string          // keys; each is in the workflow
	Labels   []string          // runs-on
	Group    string            // of runners, if it asks for one
	Env      map[string]string // the file's, and its own
	If       Condition
	Timeout  time.Duration // 0 where it sets none
	Steps    []Step
	NotHere  string // why it cannot run here; empty if it can
}

// Step is one step of a job. Exactly one of Run and Uses is set.
type Step struct {
	Name             string // or else the first line of what it runs
	Position         Position
	Run              string
	Uses             string            // an action, which is not run here
	Shell            string            // "" is the runner's default; else a name of [Shells], or a command with {0}
	WorkingDirectory string            // below the workspace, or absolute; "" is the workspace
	Env              map[string]string // its own
	If               Condition
	Timeout          time.Duration // 0 where it sets none
	ContinueOnError  bool
}

// Shells are those that have a name. Source: docs.github.com, "Workflow syntax", jobs.<job_id>.steps[*].shell.
var Shells = []string{"bash", "sh", "python", "pwsh", "powershell", "cmd"}

// When is what has to have become of all that came before.
type When string

// When a job or a step runs.
const (
	OnSuccess When = "success" // all succeeded; so it is where there is no `if`
	OnFailure When = "failure" // something failed
	Always    When = "always"
	Never     When = "never"
	Unclear   When = "unclear" // its condition is not evaluated here
)

// Condition is an `if`.
type Condition struct {
	When When
	Text string // as written; empty where there is none
}

// Position is where something is in the file, both from 1. A column counts characters.
type Position struct{ Line, Column int }

// Notice is something in the file that is otherwise on GitHub.
type Notice struct {
	Position
	Job  string // the key of the job that it is about, also where it is above the jobs
	Text string
}
