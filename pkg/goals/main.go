// Command goals reads what benchmarks print, and shows what was measured beside what it is to be.
//
//	go test -run '^$' -bench . ./server | go run ./pkg/goals
//
// A benchmark states a goal as a metric of its own: goal-ns/op is the goal for ns/op. Those that state
// none are left out. What is over its goal is marked and is no error: a busy machine is slow.
package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := show(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "goals:", err)
		os.Exit(1)
	}
}

// frame is what go test prints around benchmarks.
var frame = regexp.MustCompile(`^(goos|goarch|pkg|cpu): |^PASS$|^ok  `)

// show prints a row for each goal as soon as its benchmark is done. What go test has to say beside that,
// as of a failure, is shown as it is.
func show(in io.Reader, out io.Writer) error {
	row(out, "BENCHMARK", "MEASURED", "GOAL")
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		name, metrics, is := parse(line)
		switch {
		case is:
			for _, unit := range slices.Sorted(maps.Keys(metrics)) {
				if goal, states := metrics["goal-"+unit]; states {
					judge(out, name, unit, metrics[unit], goal)
				}
			}
		case !frame.MatchString(line):
			_, _ = fmt.Fprintln(out, line)
		}
	}
	return lines.Err()
}

// processors is how many a benchmark was run on, which go test appends to its name.
var processors = regexp.MustCompile(`-\d+$`)

// parse reads the line of a benchmark: its name, how often it ran, and values before their units.
func parse(line string) (name string, metrics map[string]float64, is bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil, false
	}
	metrics = map[string]float64{}
	for i := 2; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		metrics[fields[i+1]] = value
	}
	return strings.TrimPrefix(processors.ReplaceAllString(fields[0], ""), "Benchmark"), metrics, true
}

func judge(out io.Writer, name, unit string, measured, goal float64) {
	verdict := shown(goal, unit)
	if measured > goal {
		verdict += "  over"
	}
	row(out, name, shown(measured, unit), verdict)
}

// shown is a value of a unit, with three digits.
func shown(value float64, unit string) string {
	if unit != "ns/op" {
		return fmt.Sprintf("%.3g %s", value, unit)
	}
	took, digit := time.Duration(value), time.Nanosecond
	for took >= 1000*digit {
		digit *= 10
	}
	return took.Round(digit).String()
}

func row(out io.Writer, cells ...any) { _, _ = fmt.Fprintf(out, "%-32s %16s   %s\n", cells...) }
