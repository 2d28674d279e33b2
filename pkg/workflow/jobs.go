package workflow

import (
	"maps"
	"regexp"
	"slices"

	"github.com/rhysd/actionlint"
)

// keyForm is what a job's key looks like. Source: docs.github.com, "Workflow syntax", jobs.<job_id>.
var keyForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// jobs are all jobs of the file, multiplied out and in an order in which they can run.
func (f *file) jobs() ([]Job, error) {
	written, err := f.ordered()
	if err != nil {
		return nil, err
	}
	var all []Job
	for _, job := range written {
		if !keyForm.MatchString(job.ID.Value) {
			return nil, errorAt(job.ID.Pos, "%q is no name for a job: start with a letter, and use letters, digits, - and _", job.ID.Value)
		}
		jobs, err := f.multiplied(job)
		if err != nil {
			return nil, err
		}
		if all = append(all, jobs...); len(all) > maxJobs {
			return nil, errorAt(job.ID.Pos, "with job %q there are more than %d jobs, which is the most that a file may make here: split it", job.ID.Value, maxJobs)
		}
	}
	return all, nil
}

// multiplied is a job as often as its matrix makes it.
func (f *file) multiplied(job *actionlint.Job) ([]Job, error) {
	f.job = job.ID.Value
	s := scope{github: f.github().set("job", f.job)}
	bare, err := f.bare(s, job)
	if err != nil || bare.NotHere != "" {
		return []Job{bare}, err
	}
	f.aside(job)
	if job.Strategy == nil || job.Strategy.Matrix == nil {
		s.matrix = object{}
		one, err := f.filledJob(s, job, bare, nil)
		return []Job{one}, err
	}
	combinations, err := f.multiply(job.Strategy.Matrix, job.ID.Value)
	if err != nil {
		return nil, err
	}
	if len(combinations)*len(job.Steps) > maxSteps {
		return nil, errorAt(job.ID.Pos, "the matrix of job %q makes more than %d steps, which is the most here: split it", job.ID.Value, maxSteps)
	}
	var all []Job
	for _, c := range combinations {
		s.matrix = c.all()
		one, err := f.filledJob(s, job, bare, c.named)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// bare is what a job is whatever its matrix; or why it cannot run here.
func (f *file) bare(s scope, job *actionlint.Job) (bare Job, err error) {
	bare = Job{Key: job.ID.Value, Name: job.ID.Value, Position: position(job.ID.Pos)}
	for _, need := range job.Needs {
		if !slices.Contains(bare.Needs, f.key(need)) {
			bare.Needs = append(bare.Needs, f.key(need))
		}
	}
	if bare.If, err = f.condition(s, job.If); err != nil {
		return Job{}, err
	}
	switch {
	case job.WorkflowCall != nil:
		bare.NotHere = "it calls the workflow " + job.WorkflowCall.Uses.Value + ", and reusable workflows run on GitHub only"
	case bare.If.When == Unclear:
		bare.NotHere = "whether it runs is decided by " + bare.If.Text + ", which is not evaluated here"
	case job.Strategy != nil && dynamic(job.Strategy.Matrix):
		bare.NotHere = "its matrix comes out of an expression, which is not evaluated here"
	}
	return bare, nil
}

// key is the key of a job as it is written where the job is, whatever the case of its letters elsewhere.
func (f *file) key(need *actionlint.String) string {
	return f.find(need.Value).ID.Value
}

// dynamic says whether any part of a matrix is an expression.
func dynamic(m *actionlint.Matrix) bool {
	if m == nil {
		return false
	}
	for _, row := range m.Rows {
		if row.Expression != nil || row.Name == nil {
			return true
		}
	}
	return m.Expression != nil || m.Include != nil && m.Include.ContainsExpression() || m.Exclude != nil && m.Exclude.ContainsExpression()
}

// filledJob is a job of one combination of its matrix, whose values its name ends with unless it is
// itself an expression.
func (f *file) filledJob(s scope, job *actionlint.Job, bare Job, values object) (one Job, err error) {
	one = bare
	shared, err := f.variables(s, f.tree.Env)
	if err != nil {
		return Job{}, err
	}
	s = s.under(shared)
	s.strict = true
	if job.Name != nil && job.Name.Value != "" {
		if one.Name, _, err = f.filled(s, job.Name); err != nil {
			return Job{}, err
		}
	}
	if job.Name == nil || !job.Name.ContainsExpression() {
		one.Name = suffixed(one.Name, values)
	}
	if err := f.runsOn(s, job, &one); err != nil {
		return Job{}, err
	}
	own, err := f.variables(s, job.Env)
	if err != nil {
		return Job{}, err
	}
	s = s.under(own)
	s.strict, s.runner = false, f.runner()
	one.Env = maps.Clone(shared)
	maps.Copy(one.Env, own)
	if one.Timeout, err = f.timeout(s, job.TimeoutMinutes); err != nil {
		return Job{}, err
	}
	one.Steps, err = f.steps(s, job)
	return one, err
}
