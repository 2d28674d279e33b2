package server

import (
	"context"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// Stock is what there is to launch, and where: each field but the last is [Config]'s of that name.
type Stock struct {
	Types          []catalog.Type
	Images         map[runner.Arch]string
	NamedImages    scheduler.Images
	Subnets        []runner.Subnet
	PrivateSubnets []runner.Subnet
	// Lines are what is known of the images: for each that is named, the one to launch and then those that were it
	// before, the last one first.
	Lines [][]runner.Image
}

// equip has the pass work with the Apps and the stock that there are now, and says whether there is a
// stock. Without Apps jobs wait, and are told so.
func (s *Server) equip(ctx context.Context) bool {
	apps := s.seams.GitHub.Apps()
	s.useApps(apps)
	s.health.learn(s.config.Log, lackApp, len(apps) == 0, nil)
	if s.seams.Secrets != nil {
		_, err := s.seams.Secrets.Live(ctx)
		s.health.learn(s.config.Log, lackSecret, err != nil, err)
	}
	if s.seams.Stock != nil {
		stock, err := s.seams.Stock(ctx)
		s.health.learn(s.config.Log, lackStock, err != nil, err)
		if stock != nil && stock != s.stock {
			s.stock = stock
			s.display(*stock)
		}
	}
	return s.stock != nil
}

// useApps tells the stages which GitHub Apps there are. They may change between two passes.
func (s *Server) useApps(apps []int64) {
	s.limits.Apps, s.origin.Apps, s.group.Apps = apps, apps, apps
	s.launch.Apps, s.terminate.Apps, s.rerun.Apps, s.sweep.Apps = apps, apps, apps, apps
}

// display lets labels choose from a stock.
func (s *Server) display(stock Stock) {
	s.shapes.Catalog = catalog.Load().Offered(stock.Types)
	s.shapes.Images, s.shapes.NamedImages = stock.Images, stock.NamedImages
	s.shapes.Subnets, s.shapes.Private = stock.Subnets, stock.PrivateSubnets
}
