package cost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/cost"
)

var (
	onAppRunner = cost.Stack{Platform: cost.AppRunner, VCPU: 0.5, GB: 1, TickGB: 0.125, Secrets: 3, Alarms: 5, Dashboards: 1}
	onLambda    = cost.Stack{Platform: cost.Lambda, WebGB: 0.25, WorkerGB: 0.5, Secrets: 2, Alarms: 5, Dashboards: 1}
)

// of is what one line costs, in cents.
func of(t *testing.T, lines []cost.Line, what string) string {
	t.Helper()
	for _, line := range lines {
		if line.What == what {
			return fmt.Sprintf("%.2f", line.USD())
		}
	}
	t.Fatalf("no line %q", what)
	return ""
}

func TestWhatThingsCost(t *testing.T) { // worked out by hand
	const jobs = 1000
	for _, test := range []struct {
		lines      []cost.Line
		what, want string
	}{
		{cost.Server(onAppRunner, 0), "Server: vCPU", "23.36"},      // 0.5 × 730 × 0.064
		{cost.Server(onAppRunner, 0), "Server: memory", "5.11"},     // 730 × 0.007
		{cost.Server(onAppRunner, 0), "Functions: time", "0.04"},    // 43,800 × 0.5 s × 0.125
		{cost.Server(onAppRunner, jobs), "Functions: time", "4.02"}, // 43,800 × 55 s × 0.125
		{cost.Server(onLambda, 0), "Functions: time", "0.58"},       // 43,800 × 2 s × 0.5
		{cost.Server(onLambda, jobs), "Functions: time", "4.84"},    // and 304,167 × 2 s × 0.5, and 121,667 × 0.5 s × 0.25
		{cost.Server(onLambda, 0), "Queue", "0.26"},                 // 43,800 × 15
		{cost.Server(onAppRunner, 0), "Secrets", "1.20"},            // 3 × 0.40
		{cost.Server(onAppRunner, 0), "Alarms", "0.50"},             // 5 × 0.10
		{cost.Server(onAppRunner, jobs), "Record: writes", "4.86"},  // 30,417 × 250, and 43,800 × 4
		{cost.Instances(jobs, false), "Instances", "646.42"},        // 30,417 × 11 / 60 h × 0.11592
		{cost.Instances(jobs, true), "Instances", "258.57"},         // 0.4 of it
		{cost.Instances(jobs, false), "Volumes", "24.44"},           // 5,576 h / 730 × 40 × 0.08
		{cost.Instances(jobs, false), "Public addresses", "27.88"},  // 5,576 h × 0.005
		{[]cost.Line{cost.NAT()}, "NAT gateway", "32.85"},           // 730 × 0.045
	} {
		if got := of(t, test.lines, test.what); got != test.want {
			t.Errorf("%s: got %s USD, want %s", test.what, got, test.want)
		}
	}
}

func TestIdleCostsNoInstance(t *testing.T) {
	if got := cost.Total(cost.Instances(0, false)); got != 0 {
		t.Errorf("no jobs: got %.2f USD of instances, want none", got)
	}
}

func TestEveryPriceThatIsUsedIsListed(t *testing.T) {
	listed := map[cost.Price]bool{}
	for _, price := range cost.Prices() {
		listed[price] = true
		if price.USD <= 0 || !strings.Contains(price.Source, "pricing") {
			t.Errorf("%s: got %v USD from %q, want a price and its page", price.Unit, price.USD, price.Source)
		}
	}
	used := append(cost.Server(onAppRunner, 1), cost.Server(onLambda, 1)...)
	used = append(used, cost.Instances(1, false)...)
	for _, line := range append(used, append(cost.Instances(1, true), cost.NAT())...) {
		if !listed[line.Price] {
			t.Errorf("%s: its price is not listed", line.What)
		}
	}
}
