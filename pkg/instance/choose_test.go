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

// day is a moment of November.
func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

// made is an image that was made on a day; as its build's, if it has one, and promoted on another day, if it was.
func made(id string, created int, build string, promoted int) instance.Image {
	i := instance.Image{Image: runner.Image{ID: id, Arch: runner.X64}, Build: build, Created: day(created)}
	if promoted > 0 {
		i.Promoted = day(promoted)
	}
	return i
}

func TestWhatANameStandsFor(t *testing.T) {
	const build = "ubuntu24-minimal-x64"
	stated := func(i instance.Image) instance.Image { i.Manifest = "sha256:0"; return i }
	arm := func(i instance.Image) instance.Image { i.Arch = runner.ARM64; return i }
	for what, test := range map[string]struct {
		found   []instance.Image
		require bool
		want    string // ids, the one to launch first
		err     error
	}{
		"nothing": {nil, false, "", instance.ErrNoImage},
		"of the customer's own the newest, alone":    {[]instance.Image{made("a", 1, "", 0), made("c", 3, "", 0), made("b", 2, "", 0)}, false, "c", nil},
		"of two as new always the same":              {[]instance.Image{made("b", 1, "", 0), made("a", 1, "", 0)}, false, "a", nil},
		"of our build's what was promoted":           {[]instance.Image{made("a", 1, build, 2), made("b", 3, build, 0)}, false, "a", nil},
		"what was promoted last, and those before":   {[]instance.Image{made("a", 1, build, 2), made("c", 3, build, 6), made("b", 2, build, 4)}, false, "c b a", nil},
		"an older one that was promoted again":       {[]instance.Image{made("a", 1, build, 7), made("b", 3, build, 4)}, false, "a b", nil},
		"promoted at once: the newer":                {[]instance.Image{made("a", 1, build, 7), made("b", 3, build, 7)}, false, "b a", nil},
		"nothing that was promoted":                  {[]instance.Image{made("a", 1, build, 0)}, false, "", instance.ErrNoImage},
		"beside our build's no other counts":         {[]instance.Image{made("a", 1, build, 2), made("b", 9, "", 0)}, false, "a", nil},
		"nor where none was promoted":                {[]instance.Image{made("a", 1, build, 0), made("b", 9, "", 0)}, false, "", instance.ErrNoImage},
		"those before are of the same build":         {[]instance.Image{made("a", 1, build, 2), made("b", 3, "ubuntu24-full-x64", 4), made("c", 2, build, 3)}, false, "b", nil},
		"and of the same architecture":               {[]instance.Image{made("a", 1, build, 2), arm(made("b", 1, build, 3)), made("c", 2, build, 4)}, false, "c a", nil},
		"where it has to say what it was made from":  {[]instance.Image{made("a", 1, build, 4), stated(made("b", 2, build, 3))}, true, "b", nil},
		"the customer's own may say so, too":         {[]instance.Image{stated(made("a", 1, "", 0)), made("b", 2, "", 0)}, true, "a", nil},
		"none says so":                               {[]instance.Image{made("a", 1, build, 2), made("b", 2, "", 0)}, true, "", instance.ErrNoProvenance},
		"one says so that was not promoted":          {[]instance.Image{stated(made("a", 1, build, 0)), made("b", 1, build, 2)}, true, "", instance.ErrNoImage},
		"where it need not, it is nothing to anyone": {[]instance.Image{made("a", 1, build, 4), stated(made("b", 2, build, 3))}, false, "a b", nil},
	} {
		got, err := instance.Choose(test.found, test.require)
		var ids []string
		for _, image := range got {
			ids = append(ids, image.ID)
		}
		if strings.Join(ids, " ") != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, error %v, want %q, error %v", what, ids, err, test.want, test.err)
		}
	}
}

func tags(pairs ...string) string {
	var set strings.Builder
	for n := 0; n < len(pairs); n += 2 {
		set.WriteString("<item><key>" + pairs[n] + "</key><value>" + pairs[n+1] + "</value></item>")
	}
	return "<tagSet>" + set.String() + "</tagSet>"
}

func TestWhatIsWrittenOnAnImageIsRead(t *testing.T) {
	const head = `<imageId>ami-1</imageId><creationDate>2026-11-09T00:00:00.000Z</creationDate>`
	for what, test := range map[string]struct {
		item string
		want instance.Image
	}{
		"all that our build writes": {
			head + tags("mayfly:image", "ubuntu24-minimal-x64", "mayfly:promoted", "2026-11-12T01:00:00+01:00", "mayfly:runner-released", "2026-11-02",
				"mayfly:manifest", "sha256:abc", "mayfly:profile", "compat"),
			instance.Image{Image: runner.Image{ID: "ami-1", Promoted: day(12), Since: day(2)}, Build: "ubuntu24-minimal-x64", Manifest: "sha256:abc", Created: day(9)},
		},
		"nothing: its age is since it was made": {head, instance.Image{Image: runner.Image{ID: "ami-1", Since: day(9)}, Created: day(9)}},
		"times that are none": {
			head + tags("mayfly:promoted", "yes", "mayfly:runner-released", "2.334.0"), instance.Image{Image: runner.Image{ID: "ami-1", Since: day(9)}, Created: day(9)},
		},
		"Canonical's, which has no runner": {
			head + "<imageOwnerId>099720109477</imageOwnerId>", instance.Image{Image: runner.Image{ID: "ami-1"}, Owner: "099720109477", Created: day(9)},
		},
	} {
		got, err := newWire("DescribeImages", imageSet(test.item)).fleet(t).Image(t.Context(), "ami-1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestWhereProvenanceIsRequiredNoOtherImageIsLaunched(t *testing.T) {
	required := config
	required.RequireProvenance = true
	for manifest, want := range map[string]string{"": runner.ImageNotAllowed, tags("mayfly:manifest", "sha256:abc"): ""} {
		w := newWire("DescribeImages", ok(strings.Replace(ubuntu, "<architecture>", manifest+"<architecture>", 1)))
		w.scripts["CreateFleet"] = []answer{ok("")}
		fleet, err := instance.New(w.account(), required)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fleet.Launch(t.Context(), request(1))
		var refused *runner.LaunchError
		if got := errors.As(err, &refused); got != (want != "") || got && (refused.Code != want || refused.Class != runner.BadRequest) {
			t.Errorf("with %q: got error %v, want %q", manifest, err, want)
		}
		if want != "" {
			checkSays(t, "no manifest", err, "image ami-1: no tag mayfly:manifest says what it was made from, and RequireProvenance is set: name an image")
		}
	}
}
