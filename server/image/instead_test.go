package image_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/image"
)

// line is images that were promoted a day after one another, the last one first.
func line(ids ...string) []runner.Image {
	images := make([]runner.Image, len(ids))
	for n, id := range ids {
		images[n] = runner.Image{ID: id, Promoted: noon.AddDate(0, 0, -n-1)}
	}
	return images
}

// failed is an image whose instances never listened, the last of them so many hours ago.
func failed(inARow, hours int) runner.FailedBoots {
	return runner.FailedBoots{InARow: inARow, Last: noon.Add(-time.Duration(hours) * time.Hour)}
}

func TestWhatIsLaunchedInPlaceOfAnImageThatDoesNotBoot(t *testing.T) {
	again := line("a", "b")
	again[0].Promoted = noon
	type boots = map[string]runner.FailedBoots
	for what, test := range map[string]struct {
		lines  [][]runner.Image
		failed boots
		want   map[string]string
		told   []runner.Reason
	}{
		"no images":                           {nil, boots{"a": failed(3, 1)}, nil, nil},
		"all boot":                            {[][]runner.Image{line("a", "b")}, boots{"c": failed(3, 1)}, nil, nil},
		"two failures may be anybody's":       {[][]runner.Image{line("a", "b")}, boots{"a": failed(2, 1)}, nil, nil},
		"three are the image's":               {[][]runner.Image{line("a", "b")}, boots{"a": failed(3, 1)}, map[string]string{"a": "b"}, []runner.Reason{runner.ImageBroken("a", 3, "b")}},
		"the first before it that boots":      {[][]runner.Image{line("a", "b", "c")}, boots{"a": failed(4, 1), "b": failed(3, 9)}, map[string]string{"a": "c", "b": "c"}, []runner.Reason{runner.ImageBroken("a", 4, "c")}},
		"of which jobs wait that are older":   {[][]runner.Image{line("new", "a", "b")}, boots{"a": failed(3, 1)}, map[string]string{"a": "new"}, nil},
		"there is none before it":             {[][]runner.Image{line("a")}, boots{"a": failed(3, 1)}, nil, []runner.Reason{runner.ImageBroken("a", 3, "")}},
		"none boots: what was tried long ago": {[][]runner.Image{line("a", "b")}, boots{"a": failed(3, 1), "b": failed(3, 9)}, map[string]string{"a": "b"}, []runner.Reason{runner.ImageBroken("a", 3, "b")}},
		"and then the other":                  {[][]runner.Image{line("a", "b")}, boots{"a": failed(3, 5), "b": failed(4, 1)}, map[string]string{"b": "a"}, []runner.Reason{runner.ImageBroken("a", 3, "")}},
		"promoted again it is tried again":    {[][]runner.Image{again}, boots{"a": failed(3, 1)}, nil, nil},
		"each name has its own": {
			[][]runner.Image{line("a", "b"), line("x", "y"), line("z")}, boots{"a": failed(3, 1), "x": failed(5, 1)}, map[string]string{"a": "b", "x": "y"},
			[]runner.Reason{runner.ImageBroken("a", 3, "b"), runner.ImageBroken("x", 5, "y")},
		},
	} {
		known := runner.Boots{Failed: test.failed}
		if diff := cmp.Diff(test.want, image.Instead(test.lines, known), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: instead (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(test.told, image.Broken(test.lines, known)); diff != "" {
			t.Errorf("%s: told (-want +got):\n%s", what, diff)
		}
	}
}

func TestTheAgeIsThatOfTheImageThatIsLaunchedInstead(t *testing.T) {
	lines := [][]runner.Image{{aged("ami-new", 1), aged("ami-old", 25)}}
	if got, want := image.Old(lines, runner.Boots{Failed: map[string]runner.FailedBoots{"ami-new": failed(3, 1)}}, noon), runner.ImageOld("ami-old", 25); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatRunnersTellOfTheirImageIsStoredWithThem(t *testing.T) {
	s := runner.NewSnapshot()
	s.Now = noon
	booting := func(instance string) runner.Runner {
		r := runner.NewRunner("l", runner.Slot{}, runner.Instance{ID: instance}, noon)
		r.Image, r.State = "a", runner.RunnerBooting
		return r
	}
	gone := func(r runner.Runner) runner.Runner {
		r, err := r.To(runner.RunnerFailed, noon, runner.InstanceGone("terminated"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	s.Put(booting("i-1"), booting("i-2"))
	if got := image.Booted(s, []runner.Item{booting("i-3"), runner.Usage{}}); got != nil {
		t.Errorf("nothing was told: got %v", got)
	}
	first := gone(booting("i-1"))
	over, err := first.To(runner.RunnerTerminated, noon, first.Reason)
	if err != nil {
		t.Fatal(err)
	}
	got := image.Booted(s, []runner.Item{first, over, gone(booting("i-2"))}) // of one runner two changes, and of another
	want := []runner.Item{runner.Boots{Failed: map[string]runner.FailedBoots{"a": {InARow: 2, Last: noon}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
