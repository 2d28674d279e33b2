package image

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

var today = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const minimal = "ubuntu24-minimal-x64"

// built is an image that was built so many days ago, with tags as in promoted=3: so many days ago.
func built(id string, daysAgo int, tags ...string) instance.AMI {
	ami := instance.AMI{
		Image: instance.Image{Image: runner.Image{ID: id, Arch: runner.X64}, Name: "mayfly-" + minimal + "-2026", Created: today.Add(-time.Duration(daysAgo) * day)},
		Tags:  map[string]string{tagImage: minimal, tagProfile: "compat"},
	}
	for _, tag := range tags {
		name, value, dated := strings.Cut(tag, "=")
		if ago, err := time.ParseDuration(value + "h"); dated && err == nil {
			value = today.Add(-24 * ago).Format(time.RFC3339)
		}
		ami.Tags["mayfly:"+name] = value
	}
	return ami
}

// some are images of every standing, the newest first.
func some() []instance.AMI {
	return []instance.AMI{
		built("ami-new", 0),
		built("ami-bad", 1, "failed=1"),
		built("ami-good", 2, "verified=2"),
		built("ami-now", 10, "verified=10", "promoted=9"),
		built("ami-hard", 11, "profile=hardened", "verified=11", "promoted=11"),
		built("ami-again", 40, "verified=40", "promoted=10"),
		built("ami-back", 41, "verified=41", "rolled-back=10"),
		built("ami-old", 80, "verified=80", "promoted=80"),
	}
}

func TestWhatAnImageMayBeUsedFor(t *testing.T) {
	want := map[string]standing{
		"ami-new": unverified, "ami-bad": failed, "ami-good": verified, "ami-now": promoted, "ami-again": previous, "ami-back": rolledBack,
		"ami-old": replaced, "ami-hard": promoted,
	}
	if diff := cmp.Diff(want, standings(some())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyWhatPassedItsChecksIsPromoted(t *testing.T) {
	for id, want := range map[string]string{
		"ami-good": "", "ami-old": "", "ami-back": "", "ami-bad": "failed its checks at 2026-11-20", "ami-new": "has no tag mayfly:verified", "ami-else": "is none of this account's images",
	} {
		got, err := promotable(some(), id)
		switch {
		case want == "" && (err != nil || got.ID != id):
			t.Errorf("%s: got %s, %v", id, got.ID, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want an error with %q", id, err, want)
		}
	}
}

func TestARollbackGoesToTheOneBefore(t *testing.T) {
	one := []instance.AMI{built("ami-a", 1, "promoted=1")}
	for name, test := range map[string]struct {
		all         []instance.AMI
		now, before string
		want        string
	}{
		"of many":                 {some(), "ami-now", "ami-again", ""},
		"of another profile":      {append(one, built("ami-b", 2, "promoted=2", "profile=hardened")), "", "", "ami-a is the only"},
		"of one":                  {one, "", "", "there is none to go back to"},
		"of none":                 {some()[:3], "", "", "no " + minimal + " is promoted"},
		"to an older one, newer":  {[]instance.AMI{built("ami-a", 1, "promoted=5"), built("ami-b", 9, "promoted=1")}, "ami-b", "ami-a", ""},
		"of an unreadable moment": {[]instance.AMI{built("ami-a", 1, "promoted=1"), built("ami-b", 9, "promoted=soon")}, "ami-a", "ami-b", ""},
	} {
		now, before, err := steppedBack(test.all, minimal)
		switch {
		case test.want == "" && (err != nil || now.ID != test.now || before.ID != test.before):
			t.Errorf("%s: got from %s to %s, %v, want from %s to %s", name, now.ID, before.ID, err, test.now, test.before)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestWhatIsOldGoesUnlessItIsNeeded(t *testing.T) {
	base := func(id string, daysAgo int) instance.AMI {
		ami := built(id, daysAgo, "base=sha256:"+id)
		delete(ami.Tags, tagImage)
		ami.Name = "mayfly-base-" + minimal + "-20261121000000"
		return ami
	}
	deprecated := built("ami-deprecated", 45)
	deprecated.Deprecated = today.Add(-day)
	for name, test := range map[string]struct {
		images, bases []instance.AMI
		used          string
		want          []string
	}{
		"young":                        {images: []instance.AMI{built("ami-1", 1), built("ami-2", 29)}},
		"thirty days":                  {images: []instance.AMI{built("ami-1", 1), built("ami-2", 30)}, want: []string{"deprecate ami-2"}},
		"deprecated already":           {images: []instance.AMI{built("ami-1", 1), deprecated}},
		"sixty days":                   {images: []instance.AMI{built("ami-1", 1), built("ami-2", 60)}, want: []string{"remove ami-2"}},
		"the newest":                   {images: []instance.AMI{built("ami-1", 90)}},
		"the newest of each profile":   {images: []instance.AMI{built("ami-1", 1), built("ami-2", 90, "profile=hardened")}},
		"in use":                       {images: []instance.AMI{built("ami-1", 1), built("ami-2", 90)}, used: "ami-2"},
		"promoted":                     {images: []instance.AMI{built("ami-1", 1), built("ami-2", 90, "promoted=3")}},
		"promoted before":              {images: []instance.AMI{built("ami-1", 1), built("ami-2", 90, "promoted=3"), built("ami-3", 99, "promoted=9")}},
		"promoted before that":         {images: []instance.AMI{built("ami-1", 1, "promoted=1"), built("ami-2", 90, "promoted=3"), built("ami-3", 99, "promoted=9")}, want: []string{"remove ami-3"}},
		"failed":                       {images: []instance.AMI{built("ami-1", 1), built("ami-2", 61, "failed=61")}, want: []string{"remove ami-2"}},
		"bases, of which one is newer": {bases: []instance.AMI{base("ami-1", 61), base("ami-2", 62)}, want: []string{"remove ami-2"}},
	} {
		var got []string
		for _, f := range fates(test.images, test.bases, map[string]bool{test.used: true}, today) {
			got = append(got, strings.Join(strings.Fields(f.verb()+" "+f.ami.ID), " "))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnImageIsDueWithEveryReleaseAndEveryWeek(t *testing.T) {
	newest := release{version: "2.330.0", released: "2026-11-18"}
	current := func(daysAgo int, version string) []instance.AMI {
		return []instance.AMI{built("ami-1", daysAgo, "promoted=1", "runner-version="+version), built("ami-2", 0, "runner-version=2.330.0")}
	}
	for want, all := range map[string][]instance.AMI{
		"":                 current(6, "2.330.0"),
		"ami-1 is 7 d old": current(7, "2.330.0"),
		"ami-1 has runner 2.329.0, and 2.330.0 is out since 2026-11-18": current(1, "2.329.0"),
		"none is promoted": current(1, "2.330.0")[1:],
	} {
		if got := due(all, line{minimal, "compat"}, newest, today); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := due(current(1, "2.330.0"), line{minimal, "hardened"}, newest, today); got != "none is promoted" {
		t.Errorf("of another profile: got %q", got)
	}
}

func TestTheListTellsHowOldARunnerIs(t *testing.T) {
	all := []instance.AMI{
		built("ami-1", 0, "runner-version=2.329.0", "runner-released=2026-11-20"),
		built("ami-2", 40, "verified=40", "promoted=40", "runner-version=2.320.0", "runner-released=2026-10-01"),
		built("ami-3", 41),
	}
	var out bytes.Buffer
	if err := table(&out, listings(all, minimal, today)); err != nil {
		t.Fatal(err)
	}
	want := `IMAGE                 PROFILE  STANDING            ID     AGE   RUNNER   ITS WINDOW
ubuntu24-minimal-x64  compat   unverified, newest  ami-1  0 d   2.329.0  28 d left
ubuntu24-minimal-x64  compat   promoted            ami-2  40 d  2.320.0  ended 22 d ago
ubuntu24-minimal-x64  compat   unverified          ami-3  41 d           unknown
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := listings(all, "ubuntu26-minimal-x64", today); len(got) != 0 {
		t.Errorf("of another name: got %d", len(got))
	}
}
