// Package boot finds out what instance this is, when it booted, and what it is to do.
package boot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	requestTimeout = 2 * time.Second // of one request, body included
	requestTries   = 3
	betweenTries   = 200 * time.Millisecond // on average
	renewBefore    = 5 * time.Second        // a token's end

	// The agent starts before the machine has an address. Then the kernel refuses to send anything,
	// which costs nothing, so it is asked again at once, for as long as DHCP may take.
	networkWait = time.Minute
	networkPoll = 20 * time.Millisecond
)

// TokenLife is how long a token is good for what is asked at a boot.
const TokenLife = time.Minute

// ErrAbsent says that the metadata has nothing at a path, which is what most paths say most of the time.
var ErrAbsent = errors.New("there is no such metadata")

// Metadata is EC2's instance metadata: version 2 only, asked directly, never through a redirect, in
// answers no longer than they may be. It is safe for concurrent use.
type Metadata struct {
	requests
	credentials *aws.CredentialsCache
}

// NewMetadata is the metadata at an endpoint, with tokens that live so long, in whole seconds. No
// request is made.
func NewMetadata(endpoint Endpoint, transport http.RoundTripper, tokenLife time.Duration) *Metadata {
	m := &Metadata{requests: requests{
		endpoint: endpoint.URL, life: tokenLife,
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}}
	m.credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(m.retrieve), func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = expiryWindow
	})
	return m
}

// Read reads what is at a path below /latest/, of at most so many bytes. It tries three times, if what
// went wrong may pass, and a token that was refused is renewed once. [ErrAbsent] is wrapped.
func (m *Metadata) Read(ctx context.Context, path string, limit int) ([]byte, error) {
	began, renewed := time.Now(), false
	for try := 1; ; {
		body, err := m.read(ctx, path, limit)
		pause := betweenTries/2 + rand.N(betweenTries) //nolint:gosec // jitter
		switch {
		case err == nil:
			return body, nil
		case errors.Is(err, errUnauthorized) && !renewed:
			renewed = true
			m.forget()
			continue
		case noNetwork(err) && time.Since(began) < networkWait:
			pause = networkPoll
		case !mayPass(err) || try == requestTries:
			return nil, fmt.Errorf("metadata %s: %w", path, err)
		default:
			try++
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, fmt.Errorf("metadata %s: %w; the last answer was: %w", path, context.Cause(ctx), err)
		}
	}
}

// noNetwork says whether the machine has no address yet, or no route.
func noNetwork(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// mayPass says whether another try is worth while: nobody answered, or whoever did was not well.
func mayPass(err error) bool {
	var answer statusError
	switch {
	case errors.As(err, &answer):
		return answer >= http.StatusInternalServerError || answer == http.StatusTooManyRequests
	case errors.Is(err, ErrAbsent), errors.Is(err, errUnauthorized), errors.Is(err, errShape):
		return false
	}
	return true
}
