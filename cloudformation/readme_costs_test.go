package cloudformation_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/cost"
)

// busy is how many jobs a day a busy stack has.
const busy = 1000

func costsPart(t *testing.T) string {
	t.Helper()
	container := priced(stack(t, nil), cost.AppRunner)
	functions := priced(stack(t, map[string]string{"ServerPlatform": "Lambda"}), cost.Lambda)
	columns := [][]cost.Line{cost.Server(container, 0), cost.Server(functions, 0), cost.Server(container, busy), cost.Server(functions, busy)}
	return "USD a month, in us-east-1:\n\n" + table(append([][]string{{"the stack", "idle, App Runner", "idle, Lambda", "1,000 jobs a day, App Runner", "1,000 jobs a day, Lambda"}}, compared(columns)...)) +
		"\n" + table(append([][]string{{"the instances of 1,000 jobs a day", "on demand", "spot"}}, compared([][]cost.Line{cost.Instances(busy, false), cost.Instances(busy, true)})...)) +
		fmt.Sprintf("\nOne job is %s on demand and %s on spot, and its share of the stack on App Runner is %s. A NAT gateway, which\nonly private subnets need, is %s more a month, and its traffic. The dashboard, the alarms and the metric cost nothing if they are the\naccount's first.\n",
			perJob(cost.Instances(busy, false)), perJob(cost.Instances(busy, true)), perJob(cost.Server(container, busy)), usd(cost.NAT().USD()))
}

// compared are lines of several stacks, beside one another, and the totals.
func compared(columns [][]cost.Line) (rows [][]string) {
	var names []string
	for _, lines := range columns {
		for _, line := range lines {
			if !slices.Contains(names, line.What) {
				names = append(names, line.What)
			}
		}
	}
	for _, name := range names {
		row := []string{name}
		for _, lines := range columns {
			i := slices.IndexFunc(lines, func(line cost.Line) bool { return line.What == name })
			if i < 0 {
				row = append(row, "–")
				continue
			}
			row = append(row, usd(lines[i].USD()))
		}
		rows = append(rows, row)
	}
	total := []string{"**together**"}
	for _, lines := range columns {
		total = append(total, "**"+usd(cost.Total(lines))+"**")
	}
	return append(rows, total)
}

func usd(amount float64) string { return strconv.FormatFloat(amount, 'f', 2, 64) }

// perJob is the share of one job, in cents.
func perJob(lines []cost.Line) string {
	const days = 730.0 / 24
	return strconv.FormatFloat(cost.Total(lines)/busy/days*100, 'f', 2, 64) + " cents"
}

func pricesPart(*testing.T) string {
	rows := [][]string{{"USD", "for", "source"}}
	for _, price := range cost.Prices() {
		rows = append(rows, []string{strconv.FormatFloat(math.Round(price.USD*1e10)/1e10, 'f', -1, 64), price.Unit, "[" + price.Source + "](https://aws.amazon.com/" + price.Source + "/)"})
	}
	return "List prices of us-east-1 as of " + cost.Published + ", each with the page that it is on: look there before you rely on one. That of an instance is\nfrom [the catalog](../pkg/catalog/catalog.csv), which has its own date.\n\n" + table(rows)
}
