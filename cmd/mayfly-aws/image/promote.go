package image

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// promote has servers launch an image: of those of its name, they take the one that was promoted last.
func (a App) promote(ctx context.Context, args []string) error {
	id, amis, all, err := a.aboutOne(ctx, "promote", args)
	if err != nil {
		return err
	}
	ami, err := promotable(all, id)
	if err != nil {
		return err
	}
	if err := a.markPromoted(ctx, amis, ami.ID); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%s is the %s that servers launch, within minutes.\n", ami.ID, ami.Tags[tagImage])
	return nil
}

// rollback has servers launch the image before the one that they launch now, and takes that one out of the line, so that
// neither another rollback nor a server's own choice comes back to it.
func (a App) rollback(ctx context.Context, args []string) error {
	name, amis, all, err := a.aboutOne(ctx, "rollback", args)
	if err != nil {
		return err
	}
	if _, err := parseName(name); err != nil {
		return err
	}
	now, before, err := steppedBack(all, name)
	if err != nil {
		return err
	}
	if err := a.markPromoted(ctx, amis, before.ID); err != nil {
		return err
	}
	if err := amis.Tag(ctx, now.ID, map[string]string{tagRolledBack: a.now().UTC().Format(time.RFC3339)}); err != nil {
		return err
	}
	if err := amis.Untag(ctx, now.ID, tagPromoted); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%s of %s is the %s that servers launch again, within minutes, in the place of %s.\n",
		before.ID, before.Created.Format(time.DateOnly), name, now.ID)
	return nil
}

// aboutOne reads a command line with one argument, and all images.
func (a App) aboutOne(ctx context.Context, command string, args []string) (what string, amis AMIs, all []instance.AMI, err error) {
	flags := newFlags(command)
	if amis, _, err = a.open(ctx, flags, flagsFirst(args), 1); err != nil {
		return "", nil, nil, err
	}
	all, err = amis.Tagged(ctx, tagImage)
	return flags.Arg(0), amis, all, err
}

// flagsFirst is a command line whose one argument comes first, as people write it, in the order that flag wants.
func flagsFirst(args []string) []string {
	if len(args) > 1 && args[0] != "" && args[0][0] != '-' {
		return append(slices.Clone(args[1:]), args[0])
	}
	return args
}

func (a App) markPromoted(ctx context.Context, amis AMIs, id string) error {
	return amis.Tag(ctx, id, map[string]string{tagPromoted: a.now().UTC().Format(time.RFC3339)})
}

// promotable is the image with an id, if servers may launch it.
func promotable(all []instance.AMI, id string) (instance.AMI, error) {
	at := slices.IndexFunc(all, func(a instance.AMI) bool { return a.ID == id })
	switch {
	case at < 0:
		return instance.AMI{}, fmt.Errorf("%q is none of this account's images here: `mayfly image list` shows them", id)
	case all[at].Tags[tagFailed] != "":
		return instance.AMI{}, fmt.Errorf("%s failed its checks at %s, so it is not promoted: build it again", id, all[at].Tags[tagFailed])
	case all[at].Tags[tagVerified] == "":
		return instance.AMI{}, fmt.Errorf("%s has no tag %s, so nobody saw it boot and pass its checks: build it again", id, tagVerified)
	}
	return all[at], nil
}

// steppedBack are the image of a name that servers launch, and the one that they launched before, of the same profile.
func steppedBack(all []instance.AMI, name string) (now, before instance.AMI, err error) {
	for _, ami := range all {
		if ami.Tags[tagImage] == name && promotedAt(ami).After(promotedAt(now)) {
			now = ami
		}
	}
	if now.ID == "" {
		return now, before, fmt.Errorf("no %s is promoted, so there is none to go back from: `mayfly image list` shows what there is", name)
	}
	line := promotions(all, lineOf(now))
	if len(line) < 2 {
		return now, before, fmt.Errorf("%s is the only %s in %s that was promoted and is still there, so there is none to go back to: promote another one", now.ID, name, now.Tags[tagProfile])
	}
	return now, line[1], nil
}
