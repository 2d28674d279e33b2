package githubapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-github/v62/github"
)

// FailedDeliveries lists the webhooks of an App that were sent since a time, and that no try has
// delivered: GitHub's id of one try of each, oldest first, for [Client.Redeliver]. GitHub's pages have
// 100 tries; each is a call of the App itself.
func (c *Client) FailedDeliveries(ctx context.Context, app int64, since time.Time) ([]int64, error) {
	asApp, err := c.asApp(app)
	if err != nil {
		return nil, fmt.Errorf("deliveries of App %d: %w", app, err)
	}
	delivered := map[string]bool{}
	var failed []*github.HookDelivery
	options := &github.ListCursorOptions{PerPage: perPage}
	for {
		page, response, err := asApp.Apps.ListHookDeliveries(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("deliveries of App %d: %w", app, explain(err))
		}
		for _, try := range page { // newest first
			if try.GetDeliveredAt().Before(since) {
				return idsOf(failed, delivered), nil
			}
			if status := try.GetStatusCode(); status >= 200 && status <= 299 {
				delivered[try.GetGUID()] = true
			} else {
				failed = append(failed, try)
			}
		}
		if options.Cursor = response.Cursor; options.Cursor == "" {
			return idsOf(failed, delivered), nil
		}
	}
}

// idsOf is one try of each webhook that is not delivered, oldest first.
func idsOf(failed []*github.HookDelivery, delivered map[string]bool) []int64 {
	var ids []int64
	for _, try := range slices.Backward(failed) {
		if !delivered[try.GetGUID()] {
			ids = append(ids, try.GetID())
			delivered[try.GetGUID()] = true // once is enough
		}
	}
	return ids
}

// Redeliver asks GitHub to send a webhook again, by the id of one of its tries. It will have the same
// delivery id (GUID) and body.
func (c *Client) Redeliver(ctx context.Context, app, id int64) error {
	asApp, err := c.asApp(app)
	if err != nil {
		return fmt.Errorf("redelivery of %d: %w", id, err)
	}
	var accepted *github.AcceptedError
	if _, _, err := asApp.Apps.RedeliverHookDelivery(ctx, id); err != nil && !errors.As(err, &accepted) {
		return fmt.Errorf("redelivery of %d: %w", id, explain(err))
	}
	return nil
}
