package runner

import (
	"context"
	"time"
)

// Until is how long a pass begins effects: until a moment, and no longer once its process is to end. What
// has begun is waited for. Its zero value is over.
type Until struct {
	Deadline time.Time
	Leaving  <-chan struct{} // closed once the process is to end; nil is never
}

// Over says whether no further effect is to begin.
func (u Until) Over() bool {
	select {
	case <-u.Leaving:
		return true
	default:
		return !time.Now().Before(u.Deadline)
	}
}

// Bound is a context that ends when no further effect is to begin, for what may be cut off in the middle.
func (u Until) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithDeadline(ctx, u.Deadline)
	if u.Leaving != nil {
		go func() {
			select {
			case <-u.Leaving:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, cancel
}
