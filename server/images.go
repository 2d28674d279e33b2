package server

import (
	"context"
	"slices"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/alert"
	"github.com/mayfly-ci/mayfly/server/image"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// wanted is what the scheduler wants, from images that boot.
func (p *pass) wanted() (decisions []runner.Decision, next time.Time) {
	limits := p.limits
	limits.Instead = image.Instead(p.stock.Lines, p.snapshot.Boots)
	return scheduler.Decide(*p.snapshot, limits)
}

// unbootable is what people have to be told once an image turns out not to boot.
func (p *pass) unbootable(item runner.Item) (alerts []alert.Alert) {
	boots, is := item.(runner.Boots)
	if !is {
		return nil
	}
	before := image.Broken(p.stock.Lines, p.snapshot.Boots)
	for _, why := range image.Broken(p.stock.Lines, boots) {
		if !slices.ContainsFunc(before, func(known runner.Reason) bool { return known.What == why.What }) {
			p.config.Log.Warn("an image does not boot", "image", why.What, "reason", why.String())
			alerts = append(alerts, alert.Alert{Key: "image " + why.What, Text: "an image does not boot. " + why.String()})
		}
	}
	return alerts
}

// lookAtImages tells people what is wrong with the images that are launched.
func (p *pass) lookAtImages(ctx context.Context) {
	lines, boots := p.stock.Lines, p.snapshot.Boots
	p.image.Run(ctx, lines, boots, p.snapshot.Now)
	notices := image.Broken(lines, boots)
	if old := image.Old(lines, boots, p.snapshot.Now); old != runner.NoReason() {
		notices = append(notices, old)
	}
	p.board.Tell(notices)
}
