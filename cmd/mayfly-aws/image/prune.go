package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// How old an image is when nobody is to begin with it any more, and when it goes, with its snapshots.
const (
	deprecatedAfter = 30 * day
	removedAfter    = 60 * day
)

// soon is how far in the future EC2 wants a deprecation to be.
const soon = 5 * time.Minute

// fate is what becomes of an image that is old.
type fate struct {
	ami    instance.AMI
	remove bool // or else deprecate
}

// prune deprecates and removes what is old.
func (a App) prune(ctx context.Context, args []string) error {
	flags := newFlags("prune")
	dryRun := flags.Bool("dry-run", false, "")
	amis, _, err := a.open(ctx, flags, args, 0)
	if err != nil {
		return err
	}
	fates, err := a.judge(ctx, amis)
	if err != nil {
		return err
	}
	if len(fates) == 0 {
		fmt.Fprintln(a.Out, "Nothing is old enough.")
	}
	for _, f := range fates {
		if !*dryRun {
			err = errors.Join(err, a.carryOut(ctx, amis, f)) // one that cannot be removed keeps no other
		}
		fmt.Fprintf(a.Out, "%s  %s  %s, %d d old\n", f.verb(), f.ami.ID, f.ami.Name, int(a.now().Sub(f.ami.Created)/day))
	}
	return err
}

// judge reads what there is and what is used.
func (a App) judge(ctx context.Context, amis AMIs) ([]fate, error) {
	images, err := amis.Tagged(ctx, tagImage)
	if err != nil {
		return nil, err
	}
	bases, err := amis.Tagged(ctx, tagBase)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, ami := range slices.Concat(images, bases) {
		ids = append(ids, ami.ID)
	}
	used, err := amis.InUse(ctx, ids)
	if err != nil {
		return nil, err
	}
	return fates(images, bases, used, a.now()), nil
}

func (a App) carryOut(ctx context.Context, amis AMIs, f fate) error {
	if f.remove {
		return amis.Remove(ctx, f.ami.ID)
	}
	return amis.Deprecate(ctx, f.ami.ID, a.now().Add(soon))
}

func (f fate) verb() string {
	if f.remove {
		return "remove   "
	}
	return "deprecate"
}

// fates are those of all that is old: never of what servers launch or would go back to, never of what an instance has,
// and never of the newest image of a line or the newest base, however long ago somebody built it.
func fates(images, bases []instance.AMI, used map[string]bool, now time.Time) []fate {
	stand, newest := standings(images), map[line]bool{}
	var all []fate
	for _, ami := range slices.Concat(images, bases) { // each the newest first
		of := lineOf(ami)
		if of.image == "" {
			of.image = baseName(ami)
		}
		first := !newest[of]
		newest[of] = true
		age := now.Sub(ami.Created)
		switch {
		case first, used[ami.ID], stand[ami.ID] == promoted, stand[ami.ID] == previous:
		case age >= removedAfter:
			all = append(all, fate{ami, true})
		case age >= deprecatedAfter && ami.Deprecated.IsZero():
			all = append(all, fate{ami, false})
		}
	}
	return all
}

// baseName is a base's name without its stamp.
func baseName(ami instance.AMI) string {
	return ami.Name[:max(0, strings.LastIndexByte(ami.Name, '-'))]
}
