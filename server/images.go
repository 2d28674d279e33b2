package server

import (
	"context"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/image"
)

// lookAtImages tells people what is wrong with the images that are launched.
func (p *pass) lookAtImages(ctx context.Context) {
	p.image.Run(ctx, p.snapshot.Now, p.stock.Lines)
	var notices []runner.Reason
	if old := image.Old(p.stock.Lines, p.snapshot.Now); old != runner.NoReason() {
		notices = append(notices, old)
	}
	p.board.Tell(notices)
}
