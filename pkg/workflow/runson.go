package workflow

import (
	"fmt"
	"strings"

	"github.com/rhysd/actionlint"
)

// runsOn reads a job's labels and its group of runners.
func (f *file) runsOn(s scope, job *actionlint.Job, one *Job) (err error) {
	on := job.RunsOn
	if on.Group != nil {
		if one.Group, one.NotHere, err = f.told(s, "the group of its runner", on.Group); err != nil {
			return err
		}
	}
	if on.LabelsExpr != nil {
		return f.expressedLabels(s, on.LabelsExpr, one)
	}
	for _, label := range on.Labels {
		filled, reason, err := f.told(s, "its label", label)
		if err != nil {
			return err
		}
		if one.NotHere == "" {
			one.NotHere = reason
		}
		if strings.TrimSpace(filled) == "" && reason == "" {
			return f.noLabel(s, label, one)
		}
		one.Labels = append(one.Labels, filled)
	}
	return nil
}

// expressedLabels are those of an expression alone, whose value is a label or a list of them.
func (f *file) expressedLabels(s scope, of *actionlint.String, one *Job) error {
	node, _, problem := expression(strings.TrimPrefix(strings.TrimSpace(of.Value), opening))
	if problem != "" {
		return errorAt(of.Pos, "the expression %s is none: %s", shortened(of.Value), problem)
	}
	f.warn(s, of, node)
	value, known := s.evaluate(node)
	if !known {
		one.NotHere = fmt.Sprintf("it runs on %s, which is not evaluated here", shortened(of.Value))
		return nil
	}
	elems, many := value.(array)
	if !many {
		elems = array{value}
	}
	for _, elem := range elems {
		if text(elem) == "" {
			return f.noLabel(s, of, one)
		}
		one.Labels = append(one.Labels, text(elem))
	}
	if len(elems) == 0 {
		return f.noLabel(s, of, one)
	}
	return nil
}

func (f *file) noLabel(s scope, of *actionlint.String, one *Job) error {
	return errorAt(of.Pos, "job %q runs on %s, which is empty: give it a label, or mend the name (its matrix has %s)",
		one.Key, shortened(of.Value), list(s.matrix.keys()))
}
