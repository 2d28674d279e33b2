package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly/standin"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/workflow"
)

// plan is what the demo runs: the sample, or the jobs of a workflow file that can run here.
type plan struct {
	file    string // empty is the sample
	jobs    []localhub.Job
	needs   map[int][]int // of a job, by place: the places of those that it needs
	notHere []string      // what does not run here, and why, by its place in the file
	notices []string      // what is otherwise than on GitHub
}

// newPlan reads the workflow file, if the flags name one.
func newPlan(f Flags) (plan, error) {
	if f.Workflow == "" {
		return plan{jobs: sample(f.Jobs, f.Step)}, nil
	}
	file, err := workflow.Read(f.Workflow, workflow.Run{ID: runID, Attempt: 1, Repository: repository, Push: branch, OS: standin.OS()})
	if err != nil {
		return plan{}, err
	}
	p := planOf(f.Workflow, file)
	if len(p.jobs) == 0 && !f.Keep {
		return plan{}, fmt.Errorf("%s: none of its jobs runs here: %s", f.Workflow, p.notHere[0])
	}
	first := slices.IndexFunc(p.jobs, func(job localhub.Job) bool { return job.When != localhub.Never })
	if f.Step != "" && first >= 0 {
		p.jobs[first].Steps = append(p.jobs[first].Steps, extraStep(f.Step))
	}
	return p, nil
}

// planOf takes what can run here. What needs a job that does not needs what that needs.
func planOf(path string, file workflow.Workflow) plan {
	p := plan{file: path, needs: map[int][]int{}}
	places := map[string][]int{} // that a need of a key comes to
	runs := map[string]bool{}    // the keys of jobs that run here
	for _, job := range file.Jobs {
		var needs []int
		for _, key := range job.Needs {
			needs = append(needs, places[key]...)
		}
		if why := elsewhere(job); why != "" {
			places[job.Key] = append(places[job.Key], needs...)
			p.leave(job.Position, job.Name, why)
			continue
		}
		runs[job.Key] = true
		at := len(p.jobs)
		places[job.Key] = append(places[job.Key], at)
		p.needs[at] = needs
		p.jobs = append(p.jobs, p.job(file, job))
	}
	for _, notice := range file.Notices {
		if line := p.at(notice.Position) + notice.Text; runs[notice.Job] && !slices.Contains(p.notices, line) {
			p.notices = append(p.notices, line)
		}
	}
	return p
}

// at is a place in the file, in front of what is there.
func (p *plan) at(at workflow.Position) string {
	return fmt.Sprintf("%s:%d:%d: ", p.file, at.Line, at.Column)
}

// leave notes once what does not run here: a matrix has it as often as it makes jobs.
func (p *plan) leave(at workflow.Position, what, why string) {
	if line := p.at(at) + what + ": " + why; !slices.Contains(p.notHere, line) {
		p.notHere = append(p.notHere, line)
	}
}

// elsewhere is why a job does not run here; empty if it does, or never runs.
func elsewhere(job workflow.Job) string {
	other := labels.Elsewhere(job.Labels, labels.DefaultEnv, region)
	switch {
	case job.If.When == workflow.Never:
		return ""
	case job.NotHere != "":
		return job.NotHere
	case !labels.Ours(job.Labels):
		return fmt.Sprintf("it runs on %s, which asks for no runner of ours: use a label such as mayfly/runner=2cpu-linux-x64", strings.Join(job.Labels, ", "))
	case other != "":
		return fmt.Sprintf("its label asks for %s, which is another stack than this", other)
	case job.Group != "" && job.Group != "Default":
		return fmt.Sprintf("it asks for the runner group %q, and here is none but Default", job.Group)
	}
	return ""
}

// job is a job of the file as GitHub hands it to a runner.
func (p *plan) job(file workflow.Workflow, job workflow.Job) localhub.Job {
	one := localhub.Job{
		Name: job.Name, Workflow: file.Name, Labels: job.Labels, RunID: runID, When: string(job.If.When), Timeout: job.Timeout,
		Env: environment(job.Env, file.Name, job.Key),
	}
	if job.If.When == workflow.Never {
		return one
	}
	for _, step := range job.Steps {
		one.Steps = append(one.Steps, p.step(step))
	}
	return one
}

func (p *plan) step(step workflow.Step) localhub.Step {
	one := localhub.Step{
		Name: step.Name, Run: step.Run, Shell: step.Shell, WorkingDirectory: step.WorkingDirectory, Env: step.Env,
		When: string(step.If.When), Timeout: step.Timeout, ContinueOnError: step.ContinueOnError,
	}
	switch {
	case step.Uses != "":
		one.NotHere = "actions run on GitHub only"
	case step.If.When == workflow.Unclear:
		one.When, one.NotHere = "", fmt.Sprintf("its condition, %s, is not evaluated here", step.If.Text)
	}
	if one.NotHere != "" {
		p.leave(step.Position, step.Name, one.NotHere)
	}
	return one
}
