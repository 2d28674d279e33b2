package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// table is a line for each job. It fits into [columns], as long as names do.
func table(rows []Row, p paint) string {
	cells := [][]string{{"JOB", "SHAPE", "INSTANCE", "TYPE", "QUEUE", "RESULT"}}
	for _, row := range rows {
		cells = append(cells, []string{row.Job, row.Shape, dash(row.Instance), dash(row.Type), waited(row), row.Result})
	}
	width := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			width[i] = max(width[i], len(cell))
		}
	}
	var out strings.Builder
	for n, line := range cells {
		result := line[5]
		switch {
		case n == 0:
		case result == localhub.Success:
			result = p.good(result)
		default:
			result = p.bad(result)
		}
		fmt.Fprintf(&out, "%-*s  %-*s  %-*s  %-*s  %*s  %s\n",
			width[0], line[0], width[1], line[1], width[2], line[2], width[3], line[3], width[4], line[4], result)
	}
	return out.String()
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
	skipped := ""
	if r.Skipped > 0 {
		skipped = fmt.Sprintf(", %d skipped", r.Skipped)
	}
	return fmt.Sprintf(`%s: %d succeeded, %d failed%s, %d lost
%s: %d left at the end
%s to EC2, %s to GitHub
queued for %.2f s (p50), %.2f s (p99); all in %.1f s`,
		count(r.Jobs, "job"), r.Succeeded, r.Completed-r.Succeeded-r.Skipped, skipped, r.Lost,
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
