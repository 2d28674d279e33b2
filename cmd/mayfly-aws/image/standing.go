package image

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// standing is what an image may be used for.
type standing string

const (
	promoted   standing = "promoted"    // servers launch it
	previous   standing = "previous"    // they did before, and would again after a rollback
	replaced   standing = "replaced"    // they did once
	rolledBack standing = "rolled back" // they did, until another took its place again
	verified   standing = "verified"    // it may be promoted
	failed     standing = "failed"
	unverified standing = "unverified" // its test boot has not come to an end
)

// line is what images compete in to be launched: those of one name and one profile.
type line struct{ image, profile string }

func lineOf(ami instance.AMI) line { return line{ami.Tags[tagImage], ami.Tags[tagProfile]} }

// promotedAt is when an image was promoted; a tag that tells no time tells of long ago.
func promotedAt(ami instance.AMI) time.Time {
	at, _ := time.Parse(time.RFC3339, ami.Tags[tagPromoted])
	return at
}

// promotions are the images of one line that were promoted and are so still, the latest first.
func promotions(amis []instance.AMI, of line) []instance.AMI {
	all := slices.DeleteFunc(slices.Clone(amis), func(a instance.AMI) bool { return lineOf(a) != of || a.Tags[tagPromoted] == "" })
	slices.SortFunc(all, func(a, b instance.AMI) int {
		return cmp.Or(promotedAt(b).Compare(promotedAt(a)), b.Created.Compare(a.Created))
	})
	return all
}

// standings are those of all images, by their ids.
func standings(amis []instance.AMI) map[string]standing {
	all := map[string]standing{}
	for _, ami := range amis {
		all[ami.ID] = alone(ami)
		for place, one := range promotions(amis, lineOf(ami)) {
			if one.ID == ami.ID {
				all[ami.ID] = [...]standing{promoted, previous, replaced}[min(place, 2)]
			}
		}
	}
	return all
}

// afresh is how old an image may be before another one is due, for its packages are as old.
const afresh = 7 * day

// due is why another image of a line is to be built now; empty if none is.
func due(amis []instance.AMI, of line, newest release, now time.Time) string {
	all := promotions(amis, of)
	switch {
	case len(all) == 0:
		return "none is promoted"
	case all[0].Tags[tagVersion] != newest.version:
		return fmt.Sprintf("%s has runner %s, and %s is out since %s", all[0].ID, all[0].Tags[tagVersion], newest.version, newest.released)
	case now.Sub(all[0].Created) >= afresh:
		return fmt.Sprintf("%s is %d d old", all[0].ID, int(now.Sub(all[0].Created)/day))
	}
	return ""
}

// alone is the standing of an image that is not promoted.
func alone(ami instance.AMI) standing {
	has := func(tag string) bool { return ami.Tags[tag] != "" }
	switch {
	case has(tagFailed):
		return failed
	case has(tagRolledBack):
		return rolledBack
	case has(tagVerified):
		return verified
	}
	return unverified
}
