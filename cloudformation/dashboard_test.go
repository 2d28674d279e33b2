package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

type widget struct {
	Type       string `json:"type"`
	Properties struct {
		Title string `json:"title"`
		Query string `json:"query"`
	} `json:"properties"`
}

func widgets(t *testing.T, made template.Stack) []widget {
	t.Helper()
	var dashboard struct {
		Widgets []widget `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(made.Resources["Dashboard"].Properties["DashboardBody"].(string)), &dashboard); err != nil {
		t.Fatal(err)
	}
	return dashboard.Widgets
}

func TestTheDashboardReadsTheServersLog(t *testing.T) {
	for platform, want := range map[string]string{"AppRunner": "/aws/apprunner/mayfly-0a1b2c3d/0a1b/application", "Lambda": "/mayfly/ci/FunctionLogs"} {
		made := stack(t, map[string]string{"ServerPlatform": platform})
		if got := made.Outputs["ServerLogGroup"]; got != want {
			t.Errorf("%s: the server's log: got %v, want %s", platform, got, want)
		}
		for _, one := range widgets(t, made) {
			if got := one.Properties.Query; one.Type == "log" && !strings.HasPrefix(got, "SOURCE '"+want+"' | ") {
				t.Errorf("%s: %s: got query %q, want one of %s", platform, one.Properties.Title, got, want)
			}
		}
	}
}

var quoted = regexp.MustCompile(`'((?:job|runner) [a-z]+)'`)

// A state that is renamed would leave a widget empty, and nobody would know why.
func TestTheDashboardKnowsTheLinesOfTheLog(t *testing.T) {
	known := map[string]bool{"job told": true, "job waits": true, "job ignored": true} // server/transitions.go, server/facts.go
	for _, state := range runner.JobStates {
		known[fmt.Sprint("job ", state)] = true
	}
	for _, state := range runner.RunnerStates {
		known[fmt.Sprint("runner ", state)] = true
	}
	for _, one := range widgets(t, stack(t, nil)) {
		for _, found := range quoted.FindAllStringSubmatch(one.Properties.Query, -1) {
			if !known[found[1]] {
				t.Errorf("%s: nothing logs %q", one.Properties.Title, found[1])
			}
		}
	}
}
