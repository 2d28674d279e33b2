package workflow

import (
	"slices"

	"github.com/rhysd/actionlint"
)

// MaxMatrix is how many jobs a matrix makes at most. Source: docs.github.com, "Actions limits".
const MaxMatrix = 256

// maxProduct is how many combinations are looked at before any is excluded. The limit is ours.
const maxProduct = 1 << 16

// combination is one job's values of a matrix.
type combination struct {
	named object // those that GitHub shows in the job's name
	extra object // those that an include adds to a combination that is there already
}

// all is every value, as ${{ matrix.… }} has it.
func (c combination) all() object {
	all := c.named
	for _, m := range c.extra {
		all = all.set(m.key, m.value)
	}
	return all
}

// multiply is a matrix as GitHub multiplies it out: the product of its keys, the last the fastest; without
// what an exclude matches; each with what the includes add that match; and the includes that match none.
// Source: github.com/actions/runner, src/Sdk/WorkflowParser/Conversion/MatrixBuilder.cs.
func (f *file) multiply(of *actionlint.Matrix, job string) ([]combination, error) {
	rows, err := f.rows(of)
	if err != nil {
		return nil, err
	}
	excludes, err := f.excludes(of, rows)
	if err != nil {
		return nil, err
	}
	includes := f.filters(of.Include)
	matched := make([]bool, len(includes))
	var all []combination
	for _, values := range product(rows) {
		if slices.ContainsFunc(excludes, func(exclude object) bool { return matches(values, exclude, rows) }) {
			continue
		}
		one := combination{named: values}
		for i, include := range includes {
			if matches(values, include, rows) {
				matched[i], one.extra = true, one.extra.with(include.without(rows))
			}
		}
		all = append(all, one)
	}
	for i, include := range includes {
		if !matched[i] {
			all = append(all, combination{named: include.within(rows).with(include.without(rows))})
		}
	}
	switch {
	case len(all) == 0:
		return nil, errorAt(of.Pos, "the matrix of job %q makes no job, for all of it is excluded: exclude less, or list more values", job)
	case len(all) > MaxMatrix:
		return nil, errorAt(of.Pos, "the matrix of job %q makes %d jobs, and GitHub takes at most %d: exclude some, or split the job", job, len(all), MaxMatrix)
	}
	return all, nil
}

// rows are a matrix's keys, each with its values.
func (f *file) rows(of *actionlint.Matrix) (object, error) {
	rows, size := object{}, 1
	for _, row := range inOrder(of.Rows, func(r *actionlint.MatrixRow) *actionlint.Pos { return r.Name.Pos }) {
		values := array{}
		for _, value := range row.Values {
			values = append(values, f.value(value))
		}
		if size *= len(values); size > maxProduct {
			return nil, errorAt(row.Name.Pos, "the matrix has more than %d combinations up to %q, and GitHub takes at most %d jobs: list fewer values", maxProduct, row.Name.Value, MaxMatrix)
		}
		rows = append(rows, member{row.Name.Value, values})
	}
	return rows, nil
}

// excludes are the combinations to leave out, whose keys must be the matrix's.
func (f *file) excludes(of *actionlint.Matrix, rows object) ([]object, error) {
	if of.Exclude == nil {
		return nil, nil
	}
	for _, exclude := range of.Exclude.Combinations {
		for _, assign := range exclude.Assigns {
			if _, found := rows.get(assign.Key.Value); !found {
				return nil, errorAt(assign.Key.Pos, "the matrix has no key %q to exclude: %s", assign.Key.Value, instead(assign.Key.Value, rows.keys()))
			}
		}
	}
	return f.filters(of.Exclude), nil
}

// filters are the combinations of an include or an exclude.
func (f *file) filters(of *actionlint.MatrixCombinations) (all []object) {
	if of == nil {
		return nil
	}
	for _, c := range of.Combinations {
		filter := object{}
		for _, assign := range inOrder(c.Assigns, func(a *actionlint.MatrixAssign) *actionlint.Pos { return a.Key.Pos }) {
			filter = append(filter, member{assign.Key.Value, f.value(assign.Value)})
		}
		all = append(all, filter)
	}
	return all
}

// product is every combination of the rows' values; none of no row.
func product(rows object) []object {
	if len(rows) == 0 {
		return nil
	}
	all := []object{nil}
	for _, row := range rows {
		var longer []object
		for _, shorter := range all {
			for _, value := range row.value.(array) {
				longer = append(longer, append(slices.Clip(shorter), member{row.key, value}))
			}
		}
		all = longer
	}
	return all
}
