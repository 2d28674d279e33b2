package onaws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

func TestTheFleetTrustsTheOwnersOfTheImagesThatAreNamed(t *testing.T) {
	told := settings.Settings{
		Server:      server.Config{Stack: "ci"},
		Templates:   map[runner.Arch]settings.Template{runner.X64: {ID: "lt-1", Version: "7"}},
		Images:      map[runner.Arch]settings.Image{runner.X64: {ID: "ami-1"}},
		NamedImages: map[string]settings.Image{"gpu": {Owner: "210987654321", Name: "gpu-*"}},
		ImageOwners: []string{"self", "123456789012"}, RequireProvenance: true,
	}
	told.Server.Policy.AMIOwners = []string{"123456789012"}
	want := instance.Config{
		Stack: "ci", Templates: map[runner.Arch]instance.Template{runner.X64: {ID: "lt-1", Version: "7"}},
		Owners: []string{"123456789012", "210987654321", "self"}, RequireProvenance: true,
	}
	if diff := cmp.Diff(want, fleetOf(told)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAlarmsAndPeopleAreToldWhereTheSettingsSaySo(t *testing.T) {
	for what, test := range map[string]struct {
		told          settings.Settings
		people, alarm bool
	}{
		"nothing": {},
		"a topic": {told: settings.Settings{AlertTopic: "arn:aws:sns:eu-west-1:1:alerts"}, people: true},
		"metrics": {told: settings.Settings{UsageMetric: true}, alarm: true},
	} {
		var seams server.Seams
		alarmed(&seams, aws.Config{Region: "eu-west-1"}, test.told)
		if got := seams.Alerts != nil; got != test.people {
			t.Errorf("%s: people are told: got %v, want %v", what, got, test.people)
		}
		if minutes, ages := seams.Usage != nil, seams.Ages != nil; minutes != test.alarm || ages != test.alarm {
			t.Errorf("%s: told of minutes %v and of ages %v, want %v", what, minutes, ages, test.alarm)
		}
	}
}
