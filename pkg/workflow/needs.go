package workflow

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// ordered are the jobs with each after all that it needs, and otherwise as written.
func (f *file) ordered() ([]*actionlint.Job, error) {
	left := inOrder(f.tree.Jobs, func(j *actionlint.Job) *actionlint.Pos { return j.ID.Pos })
	if len(left) > maxJobs {
		return nil, errorAt(left[maxJobs].ID.Pos, "there are more than %d jobs, which is the most that a file may have here: split it", maxJobs)
	}
	if err := f.known(left); err != nil {
		return nil, err
	}
	var placed []*actionlint.Job
	done := map[*actionlint.Job]bool{}
	for len(left) > 0 {
		next := slices.IndexFunc(left, func(j *actionlint.Job) bool {
			return !slices.ContainsFunc(j.Needs, func(need *actionlint.String) bool { return !done[f.find(need.Value)] })
		})
		if next < 0 {
			return nil, f.circle(left[0], done)
		}
		done[left[next]] = true
		placed = append(placed, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return placed, nil
}

// known refuses a need that is no job's key, in any case of letters.
func (f *file) known(jobs []*actionlint.Job) error {
	for _, job := range jobs {
		for _, need := range job.Needs {
			if f.find(need.Value) != nil {
				continue
			}
			var others []string
			for _, other := range jobs {
				if other != job {
					others = append(others, other.ID.Value)
				}
			}
			return errorAt(need.Pos, "job %q needs %q, which is no job of this file: %s", job.ID.Value, need.Value, instead(need.Value, others))
		}
	}
	return nil
}

// circle tells of jobs that wait for each other, of which a job that cannot be placed waits.
func (f *file) circle(job *actionlint.Job, placed map[*actionlint.Job]bool) error {
	var path []*actionlint.Job
	for !slices.Contains(path, job) {
		path = append(path, job)
		missing := slices.IndexFunc(job.Needs, func(need *actionlint.String) bool { return !placed[f.find(need.Value)] })
		job = f.find(job.Needs[missing].Value)
	}
	path = append(path[slices.Index(path, job):], job)
	var names []string
	for _, on := range path {
		names = append(names, on.ID.Value)
	}
	return errorAt(job.ID.Pos, "the jobs need each other in a circle, %s: take one of these needs out", strings.Join(names, " → "))
}

// find is the job of a key, in any case of letters; or nil.
func (f *file) find(key string) *actionlint.Job { return f.tree.Jobs[strings.ToLower(key)] }
