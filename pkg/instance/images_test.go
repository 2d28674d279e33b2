package instance_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func imageSet(items ...string) answer {
	return ok("<imagesSet><item>" + strings.Join(items, "</item><item>") + "</item></imagesSet>")
}

func TestTheNewestImageOfAnOwnerIsFoundByItsName(t *testing.T) {
	w := newWire("DescribeImages", imageSet(
		`<imageId>ami-old</imageId><creationDate>2026-10-01T00:00:00.000Z</creationDate>`,
		`<imageId>ami-new</imageId><name>ubuntu24-2</name><imageOwnerId>123456789012</imageOwnerId><architecture>arm64</architecture>
			<rootDeviceName>/dev/xvda</rootDeviceName><creationDate>2026-11-01T00:00:00.000Z</creationDate>`,
		`<imageId>ami-undated</imageId>`,
	))
	got, err := w.fleet(t).Named(t.Context(), "123456789012", "ubuntu24-*")
	if err != nil {
		t.Fatal(err)
	}
	created := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	want := []instance.Image{{
		Image: runner.Image{ID: "ami-new", Arch: runner.ARM64, Since: created}, Name: "ubuntu24-2", Owner: "123456789012", RootDevice: "/dev/xvda",
		Created: created,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the newest, want - got +:\n%s", diff)
	}
	sent := flat(w.sent("DescribeImages")[0])
	for key, want := range map[string]string{
		"Owner.1": "123456789012", "Filter.1.Name": "name", "Filter.1.Value.1": "ubuntu24-*", "Filter.2.Name": "state", "Filter.2.Value.1": "available",
	} {
		if got := sent[key]; got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestAnImageIsNeverAnybodys(t *testing.T) {
	w := newWire("DescribeImages", ok(""))
	_, err := w.fleet(t).Named(t.Context(), "", "ubuntu24")
	checkSays(t, "no owner", err, "self, or the 12 digits")
	if got := len(w.sent("DescribeImages")); got != 0 {
		t.Errorf("calls without an owner: got %d, want none", got)
	}
	for what, find := range map[string]func(*instance.Fleet) error{
		"by id":   func(f *instance.Fleet) error { _, err := f.Image(t.Context(), "ami-2"); return err },
		"by name": func(f *instance.Fleet) error { _, err := f.Named(t.Context(), "self", "other"); return err },
	} {
		if err := find(w.fleet(t)); !errors.Is(err, instance.ErrNoImage) {
			t.Errorf("%s: got %v, want no image", what, err)
		}
	}
}

func TestAConfigurationSaysEverythingThatIsWrongWithIt(t *testing.T) {
	_, err := instance.New(newWire("").account(), instance.Config{})
	for _, want := range []string{"Stack", "Templates", "Owners"} {
		checkSays(t, "empty", err, want+" is empty")
	}
	for name, template := range map[string]instance.Template{
		"no id": {Version: "1"}, "not an id": {ID: "runners", Version: "1"}, "no version": {ID: "lt-1"}, "$Latest": {ID: "lt-1", Version: "$Latest"},
	} {
		bad := config
		bad.Templates = map[runner.Arch]instance.Template{runner.ARM64: template}
		_, err := instance.New(newWire("").account(), bad)
		checkSays(t, name, err, "for arm64")
	}
	bad := config
	bad.Owners = []string{""}
	_, err = instance.New(newWire("").account(), bad)
	checkSays(t, "an empty owner", err, "Owners has an empty one")
}
