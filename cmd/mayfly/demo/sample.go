package demo

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const (
	repository = "mayfly-ci/sample"
	branch     = "main"        // whose push every run comes of
	runID      = 7_000_000_001 // of the sample's one run
)

// sizes are the two values of the sample's matrix that decide what a job runs on.
var sizes = []struct{ arch, runner, spot string }{
	{"x64", "2cpu-linux-x64", "false"},
	{"arm64", "4cpu-linux-arm64", "true"},
}

// sample is the built-in workflow, as its jobs. Written as YAML it would be
//
//	check:
//	  strategy:
//	    matrix: {arch: [x64, arm64], part: [1, 2, 3, 4]}
//	  runs-on: mayfly=${{ github.run_id }}/runner=…/spot=…
//
// Extra is a step more for the first job; empty is none.
func sample(count int, extra string) []localhub.Job {
	jobs := make([]localhub.Job, count)
	for i := range jobs {
		size, part := sizes[i%len(sizes)], i/len(sizes)+1
		jobs[i] = localhub.Job{
			Name:     fmt.Sprintf("check (%s, %d)", size.arch, part),
			Workflow: "Sample",
			Labels:   []string{fmt.Sprintf("mayfly=%d/runner=%s/spot=%s", runID, size.runner, size.spot)},
			RunID:    runID,
			Env:      environment(map[string]string{"LAST": strconv.Itoa(1000 * (i + 1))}, "Sample", "check"),
			Steps:    steps(),
		}
	}
	if extra != "" {
		jobs[0].Steps = append(jobs[0].Steps, extraStep(extra))
	}
	return jobs
}

func extraStep(command string) localhub.Step {
	name, _, _ := strings.Cut(command, "\n")
	return localhub.Step{Name: name, Run: command}
}

// environment is a job's own env, and what GitHub says of the run, which no env changes.
// Source: docs.github.com, "Variables", default environment variables.
func environment(own map[string]string, workflow, key string) map[string]string {
	owner, _, _ := strings.Cut(repository, "/")
	env := map[string]string{}
	maps.Copy(env, own)
	maps.Copy(env, map[string]string{
		"GITHUB_REPOSITORY": repository, "GITHUB_RUN_ID": strconv.Itoa(runID), "GITHUB_RUN_ATTEMPT": "1", "GITHUB_RUN_NUMBER": "1",
		"GITHUB_WORKFLOW": workflow, "GITHUB_JOB": key, "GITHUB_REPOSITORY_OWNER": owner,
		"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/" + branch, "GITHUB_REF_NAME": branch, "GITHUB_REF_TYPE": "branch",
	})
	return env
}

// steps do something real, and quick, with what every POSIX system has.
func steps() []localhub.Step {
	return []localhub.Step{
		{Name: "write numbers", Run: `seq 1 "$LAST" > numbers
wc -l numbers`},
		{Name: "check their checksum", Run: `cksum < numbers > numbers.cksum
sort -n numbers | cksum | cmp - numbers.cksum
cat numbers.cksum`},
		{Name: "check their sum", Run: `sum=$(awk '{ sum += $1 } END { printf "%.0f", sum }' numbers)
test "$sum" -eq $((LAST * (LAST + 1) / 2))
echo "1 to $LAST sum up to $sum"`},
	}
}
