package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// table is a line for each job, of at most so many columns as long as it has some to give.
func table(rows []Row, width int, p paint) string {
	const result = 5
	all := grid{
		cells: [][]string{{"JOB", "SHAPE", "INSTANCE", "TYPE", "QUEUE", "RESULT"}}, right: 4,
		give: []give{{3, 0}, {1, 0}, {2, 0}, {0, 8}},
	}
	for _, row := range rows {
		all.cells = append(all.cells, []string{printable(row.Job), row.Shape, dash(row.Instance), dash(row.Type), waited(row), row.Result})
	}
	lines := all.lines(width, func(line, column int, text string) string {
		switch {
		case line == 0 || column != result:
			return text
		case rows[line-1].Result == localhub.Success:
			return p.good(text)
		case rows[line-1].Result == localhub.Skipped:
			return text
		}
		return p.bad(text)
	})
	return strings.Join(lines, "\n") + "\n"
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func waited(row Row) string {
	if row.Instance == "" {
		return "-"
	}
	return fmt.Sprintf("%.2f s", row.Queue.Seconds())
}

// summary is the totals, for people.
func summary(r Result) string {
	again, skipped := "", ""
	if r.Reran > 0 {
		again = fmt.Sprintf(", %d run again", r.Reran)
	}
	if r.Skipped > 0 {
		skipped = fmt.Sprintf(", %d skipped", r.Skipped)
	}
	return fmt.Sprintf(`%s: %d succeeded, %d failed%s%s, %d lost
%s: %d left at the end
%s to EC2, %s to GitHub
queued for %.2f s (p50), %.2f s (p99); all in %.1f s`,
		count(r.Jobs, "job"), r.Succeeded, r.Completed-r.Succeeded-r.Skipped, again, skipped, r.Lost,
		count(r.InstancesLaunched, "instance"), r.InstancesLeft,
		count(r.EC2Calls, "call"), count(r.GitHubCalls, "call"),
		r.QueueSeconds.P50, r.QueueSeconds.P99, r.Took.Round(time.Millisecond).Seconds())
}

// tailLines is how much is shown of the log of a job that failed.
const tailLines = 20

// log is the end of a job's log, at most so many lines, under the job's name.
func (r Row) log(most int) string {
	lines := strings.Split(strings.TrimRight(r.Log, "\n"), "\n")
	title := "Log of " + r.Job
	if all := len(lines); all > most {
		lines = lines[all-most:]
		title += fmt.Sprintf(", the last %d of %d lines (--logs DIR keeps all)", most, all)
	}
	return title + ":\n  " + strings.Join(lines, "\n  ") + "\n"
}
