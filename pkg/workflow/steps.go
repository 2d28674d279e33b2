package workflow

import (
	"slices"
	"strings"
	"time"

	"github.com/rhysd/actionlint"
)

func (f *file) steps(s scope, job *actionlint.Job) ([]Step, error) {
	var all []Step
	for _, step := range job.Steps {
		one, err := f.step(s, job, step)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (f *file) step(s scope, job *actionlint.Job, step *actionlint.Step) (one Step, err error) {
	one.Position = position(step.Pos)
	if one.Env, err = f.variables(s, step.Env); err != nil {
		return Step{}, err
	}
	s = s.under(one.Env)
	if one.If, err = f.condition(s, step.If); err != nil {
		return Step{}, err
	}
	if one.Timeout, err = f.timeout(s, step.TimeoutMinutes); err != nil {
		return Step{}, err
	}
	if one.ContinueOnError, err = f.flag(s, step.ContinueOnError); err != nil {
		return Step{}, err
	}
	switch exec := step.Exec.(type) {
	case *actionlint.ExecAction:
		one.Uses, one.Name = exec.Uses.Value, exec.Uses.Value
	case *actionlint.ExecRun:
		if err := f.script(s, job, exec, &one); err != nil {
			return Step{}, err
		}
	}
	if step.Name != nil && step.Name.Value != "" {
		one.Name, _, err = f.filled(s, step.Name)
	}
	return one, err
}

// script is a `run`, with what it does not say itself from the defaults of its job, and of the file.
func (f *file) script(s scope, job *actionlint.Job, exec *actionlint.ExecRun, one *Step) (err error) {
	if one.Run, _, err = f.filled(s, exec.Run); err != nil {
		return err
	}
	one.Name, _, _ = strings.Cut(strings.TrimSpace(one.Run), "\n")
	shell, directory := exec.Shell, exec.WorkingDirectory
	for _, defaults := range []*actionlint.Defaults{job.Defaults, f.tree.Defaults} {
		if defaults == nil || defaults.Run == nil {
			continue
		}
		if shell == nil {
			shell = defaults.Run.Shell
		}
		if directory == nil {
			directory = defaults.Run.WorkingDirectory
		}
	}
	if one.WorkingDirectory, _, err = f.filled(s, directory); err != nil || shell == nil {
		return err
	}
	filled, whole, err := f.filled(s, shell)
	if err != nil || !whole {
		return err
	}
	one.Shell = filled
	if !slices.Contains(Shells, filled) && !strings.Contains(filled, "{0}") {
		return errorAt(shell.Pos, "unknown shell %q: %s; any other is a command with {0} for the script, as in perl {0}", filled, instead(filled, Shells))
	}
	return nil
}

// longest is more than any time limit of GitHub's, which ends a run after 35 days.
const longest = 100 * 24 * time.Hour

// timeout is a time limit, which is in minutes; 0 is none.
func (f *file) timeout(s scope, of *actionlint.Float) (time.Duration, error) {
	if of == nil {
		return 0, nil
	}
	minutes := of.Value
	if of.Expression != nil {
		filled, whole, err := f.filled(s, of.Expression)
		if err != nil || !whole {
			return 0, err
		}
		minutes = number(filled)
	}
	if !(minutes > 0) { // which NaN is not either
		return 0, errorAt(of.Pos, "timeout-minutes must be a number above 0: give one, or leave it out")
	}
	return time.Duration(min(minutes, longest.Minutes()) * float64(time.Minute)), nil
}

// flag is true or false; what is not evaluated is false.
func (f *file) flag(s scope, of *actionlint.Bool) (bool, error) {
	if of == nil || of.Expression == nil {
		return of != nil && of.Value, nil
	}
	filled, _, err := f.filled(s, of.Expression)
	return filled == "true", err
}
