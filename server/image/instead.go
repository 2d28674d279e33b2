package image

import (
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Booted adds what is to be stored together with items that change runners: what these tell of how their images boot.
func Booted(snapshot runner.Snapshot, items []runner.Item) []runner.Item {
	boots, changed, latest := snapshot.Boots, false, map[string]runner.Runner{}
	for _, item := range items {
		after, is := item.(runner.Runner)
		if !is {
			continue
		}
		before, known := latest[after.Instance]
		if !known {
			before = snapshot.Runners[after.Instance]
		}
		latest[after.Instance] = after
		var news bool
		boots, news = boots.Heard(before, after, snapshot.Now)
		changed = changed || news
	}
	if !changed {
		return nil
	}
	return []runner.Item{boots}
}

// Instead are the images that do not boot, and what is launched in their place. Lines are the images by what names
// them: the one to launch first, then those that were it before.
func Instead(lines [][]runner.Image, boots runner.Boots) map[string]string {
	instead := map[string]string{}
	for _, line := range lines {
		best := launched(line, boots)
		for _, image := range line {
			if _, known := instead[image.ID]; !known && image.ID != best.ID && boots.Broken(image) {
				instead[image.ID] = best.ID
			}
		}
	}
	return instead
}

// Broken is what people are told of the images that should be launched, and do not boot.
func Broken(lines [][]runner.Image, boots runner.Boots) (told []runner.Reason) {
	for _, line := range lines {
		first, instead := line[0], launched(line, boots).ID
		if !boots.Broken(first) {
			continue
		}
		if instead == first.ID {
			instead = ""
		}
		told = append(told, runner.ImageBroken(first.ID, boots.Failed[first.ID].InARow, instead))
	}
	return told
}

// launched is the image of a line that is launched: the first that boots. Where none does, it is the one that was
// tried longest ago: perhaps it is not the images' fault.
func launched(line []runner.Image, boots runner.Boots) runner.Image {
	best := line[0]
	for _, image := range line {
		if !boots.Broken(image) {
			return image
		}
		if boots.Failed[image.ID].Last.Before(boots.Failed[best.ID].Last) {
			best = image
		}
	}
	return best
}
