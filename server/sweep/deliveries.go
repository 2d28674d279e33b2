package sweep

import (
	"context"
	"time"
)

// deliveries asks GitHub to deliver again what it could not.
func (l *look) deliveries(ctx context.Context) error {
	since := l.snapshot.Sweeps.DeliveriesAt
	if l.snapshot.Now.Sub(since) < l.Quiet {
		return nil
	}
	if !since.IsZero() { // nothing is asked for that came before us
		for _, app := range l.Apps {
			if all, err := l.redeliver(ctx, app, since); err != nil || !all {
				return err // the next sweep asks from the same moment on
			}
		}
	}
	sweeps := l.snapshot.Sweeps
	sweeps.DeliveriesAt = l.snapshot.Now.UTC()
	return l.store(ctx, sweeps)
}

// redeliver says whether all was asked for that an App could not deliver. An error is the store's.
func (l *look) redeliver(ctx context.Context, app int64, since time.Time) (all bool, err error) {
	failed, err := l.GitHub.FailedDeliveries(ctx, app, since)
	if err != nil {
		return false, l.failed(ctx, "list the deliveries", err)
	}
	for _, id := range failed {
		if l.until.Over() {
			return false, nil
		}
		if err := l.GitHub.Redeliver(ctx, app, id); err != nil {
			return false, l.failed(ctx, "ask for a delivery", err)
		}
	}
	return true, nil
}
