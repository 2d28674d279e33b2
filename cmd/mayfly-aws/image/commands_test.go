package image

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

func TestPromoteAndRollbackChangeWhatServersLaunch(t *testing.T) {
	a := &cloud{images: some()}
	now := func() string {
		for id, standing := range standings(a.images) {
			if standing == promoted && id != "ami-hard" {
				return id
			}
		}
		return ""
	}
	for _, step := range []struct{ command, argument, want, says string }{
		{"promote", "ami-good", "ami-good", "ami-good is the " + minimal + " that servers launch"},
		{"rollback", minimal, "ami-now", "in the place of ami-good"},
		{"rollback", minimal, "ami-again", "in the place of ami-now"}, // and not back to ami-good
		{"promote", "ami-good", "ami-good", "servers launch"},         // nobody is barred for ever
	} {
		code, out, problems := called(t, a, step.command, step.argument, "--region", "eu-west-1")
		if code != 0 || now() != step.want || !strings.Contains(out, step.says) {
			t.Errorf("%s %s: got %d, %s, %q%s, want %s and that it says %q", step.command, step.argument, code, now(), out, problems, step.want, step.says)
		}
	}
}

// A promotion comes before the other is taken away, so that there is one at every moment.
func TestARollbackLeavesNoMomentWithoutAnImage(t *testing.T) {
	a := &cloud{images: some()}
	if code, _, problems := called(t, a, "rollback", "--region=eu-west-1", minimal); code != 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"tag ami-again " + tagPromoted, "tag ami-now " + tagRolledBack, "untag ami-now " + tagPromoted}, a.did); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPruneDoesWhatItSaysAndADryRunOnlySaysIt(t *testing.T) {
	want := "remove     ami-old  mayfly-" + minimal + "-2026, 80 d old\n"
	for dryRun, did := range map[string][]string{
		"--dry-run=true": nil, "--dry-run=false": {"deprecate ami-back 5m0s", "remove ami-old"},
	} {
		a := &cloud{images: some()}
		code, out, problems := called(t, a, "prune", "--region=eu-west-1", dryRun)
		if diff := cmp.Diff(did, a.did); code != 0 || diff != "" || !strings.HasSuffix(out, want) {
			t.Errorf("%s: got %d, %s%s (-want +got):\n%s", dryRun, code, out, problems, diff)
		}
	}
	a := &cloud{images: append(some(), built("ami-older", 99)), broken: map[string]error{"remove ami-old": errors.New("no")}}
	code, _, problems := called(t, a, "prune", "--region=eu-west-1")
	if code != console.ExitFailed || problems != "no" || a.did[len(a.did)-1] != "remove ami-older" {
		t.Errorf("one cannot be removed: got %d, %q and %q, want the others to be all the same", code, problems, a.did)
	}
	if _, out, _ := called(t, &cloud{}, "prune", "--region=eu-west-1"); out != "Nothing is old enough.\n" {
		t.Errorf("of nothing: got %q", out)
	}
}

func TestAListIsForPeopleOrForPrograms(t *testing.T) {
	a := &cloud{images: some()}
	code, out, problems := called(t, a, "list", "--region=eu-west-1", "--json")
	var lines []listing
	if err := json.Unmarshal([]byte(out), &lines); err != nil || code != 0 {
		t.Fatalf("got %d, %v, %s%s", code, err, out, problems)
	}
	if len(lines) != len(a.images) || lines[0].ID != "ami-new" || lines[0].Profile != "compat" || lines[len(lines)-1].Profile != "hardened" {
		t.Errorf("got %+v", lines)
	}
	for args, want := range map[string]string{"--image=" + minimal: "ami-now", "--image=ubuntu26-full-x64": "There are no images in eu-west-1"} {
		if _, out, _ := called(t, a, "list", "--region=eu-west-1", args); !strings.Contains(out, want) {
			t.Errorf("%s: got %q, want it to have %q", args, out, want)
		}
	}
}

func TestACommandThatIsWrongSaysSoAndDoesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no such command": {[]string{"biuld"}, console.ExitUsage, `did you mean "build"?`},
		"no region":       {[]string{"list"}, console.ExitUsage, "--region is empty"},
		"no image":        {[]string{"promote", "--region=eu-west-1"}, console.ExitUsage, "promote lacks an argument"},
		"no such image":   {[]string{"promote", "ami-else", "--region=eu-west-1"}, console.ExitFailed, "none of this account's images"},
		"no such name":    {[]string{"rollback", "ubuntu24", "--region=eu-west-1"}, console.ExitUsage, "no template"},
		"list of nothing": {[]string{"list", "--region=eu-west-1", "--image=x"}, console.ExitUsage, "no template"},
		"a wrong flag":    {[]string{"prune", "--dryrun"}, console.ExitUsage, `did you mean "dry-run"?`},
	} {
		a := &cloud{images: []instance.AMI{}}
		code, _, problems := called(t, a, test.args...)
		if code != test.code || !strings.Contains(problems, test.want) || len(a.did) != 0 {
			t.Errorf("%s: got %d, %q and %q, want %d and %q", name, code, problems, a.did, test.code, test.want)
		}
	}
	for _, args := range [][]string{nil, {"help"}, {"build", "-h"}} {
		if code, out, _ := called(t, &cloud{}, args...); code != 0 || out != Usage {
			t.Errorf("%q: got %d, %q", args, code, out)
		}
	}
}
