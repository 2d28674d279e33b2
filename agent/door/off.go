package door

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"time"
)

const (
	offLimit    = 90 * time.Second // from the first request to EC2 to the last refusal
	refusals    = 5                // in a row, so that one lost packet is not taken for a closed door
	offPause    = 500 * time.Millisecond
	firstWait   = time.Second // after EC2 was too busy; it doubles
	longestWait = 10 * time.Second
	requestTime = 2 * time.Second
)

// switchOff has EC2 close the endpoint, and waits until it is closed.
func switchOff(ctx context.Context, config Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, offLimit, fmt.Errorf("it took longer than %v", offLimit))
	defer cancel()
	client := &http.Client{
		Transport:     config.Transport,
		Timeout:       requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := disable(ctx, client, config); err != nil {
		return fmt.Errorf("switch the metadata off: %w", err)
	}
	for row := 0; row < refusals; {
		if row++; answers(ctx, client) {
			row = 0
		}
		if err := pause(ctx, offPause); err != nil {
			return fmt.Errorf("EC2 was told to switch the metadata off, and it still answers: %w", err)
		}
	}
	return nil
}

// disable asks EC2 until it says yes, or a no that lasts. EC2 is asked by every instance of a burst
// at about the same time, so it may well be too busy.
func disable(ctx context.Context, client *http.Client, config Config) error {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		passing, err := modify(ctx, client, config)
		if err == nil || !passing {
			return err
		}
		//nolint:gosec // so that a burst does not come again all at once; nothing secret is in it
		if late := pause(ctx, wait/2+rand.N(wait)); late != nil {
			return fmt.Errorf("%w: %w", late, err)
		}
	}
}

// answers says whether the metadata answers at any address. A metadata that is switched off says
// 403 to everything; all else that it says comes from one that is on.
// Source: AWS re:Post, "How do I troubleshoot instance metadata issues on my EC2 Linux instance?".
func answers(ctx context.Context, client *http.Client) bool {
	for _, address := range addresses {
		url := "http://" + netip.AddrPortFrom(address, 80).String() + "/latest/api/token"
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, http.NoBody)
		if err != nil {
			return true
		}
		request.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
		response, err := client.Do(request)
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			return true
		}
	}
	return false
}

func pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}
