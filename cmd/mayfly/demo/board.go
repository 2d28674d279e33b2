package demo

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/mayfly-ci/mayfly/server/admin"
)

// board is a view as lines of at most so many columns: how many there are of what, and a line for each
// job. If that is more than so many rows, what is unfinished comes first.
func board(v admin.Overview, columns, rows int, p paint) []string {
	jobs := v.Jobs
	most := max(1, rows-3) // beside the counts, the titles, and how many more there are
	more := len(jobs) - most
	if more > 0 {
		jobs = jobs[:most]
	} else {
		jobs = slices.SortedFunc(slices.Values(jobs), func(a, b admin.Job) int {
			return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
		})
	}
	lines := []string{p.faint(runewidth.Truncate(counts(v.Now, columns), columns, "…"))}
	if len(jobs) > 0 {
		lines = append(lines, jobTable(jobs, columns, p)...)
	}
	if more > 0 {
		lines = append(lines, p.faint(runewidth.Truncate(fmt.Sprintf("and %s more", count(more, "job")), columns, "…")))
	}
	return lines
}

// counts is how many there are of what; where there is little room, of what there is.
func counts(now admin.Now, columns int) string {
	all := fmt.Sprintf("%d queued, %d booting, %d listening, %d running, %d done",
		now.Queued, now.Booting, now.Listening, now.Running, now.Done)
	if len(all) <= columns {
		return all
	}
	return strings.TrimPrefix(none.ReplaceAllString(", "+all, ""), ", ")
}

var none = regexp.MustCompile(`, 0 \w+`)

// The columns of the live table.
const (
	columnJob = iota
	columnShape
	columnState
	columnSeconds
	columnInstance
	columnWhy
)

func jobTable(jobs []admin.Job, columns int, p paint) []string {
	table := grid{
		cells: [][]string{{"JOB", "SHAPE", "STATE", "SECONDS", "INSTANCE", "WHY"}}, right: columnSeconds,
		give: []give{{columnWhy, 24}, {columnShape, 0}, {columnInstance, 0}, {columnWhy, 12}, {columnWhy, 0}, {columnJob, 8}, {columnState, 4}, {columnSeconds, 0}},
	}
	for _, job := range jobs {
		why := job.Why.String()
		if job.Position > 1 {
			why = fmt.Sprintf("%d of %d: %s", job.Position, job.Of, why)
		}
		table.cells = append(table.cells, []string{
			printable(job.Name), job.Shape, job.Status(), fmt.Sprintf("%.1f", job.Took.Seconds()), printable(job.Instance), printable(why),
		})
	}
	return table.lines(columns, func(line, column int, text string) string {
		switch {
		case line == 0:
			return p.faint(text)
		case column == columnState:
			return p.result(jobs[line-1].Status(), text)
		}
		return text
	})
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// height is how many rows lines take on a terminal of so many columns: what was written before it became
// narrower is wrapped by now.
func height(lines []string, columns int) int {
	rows := 0
	for _, line := range lines {
		rows += max(1, (runewidth.StringWidth(escapes.ReplaceAllString(line, ""))+columns-1)/max(1, columns))
	}
	return rows
}
