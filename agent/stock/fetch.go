package stock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// maxHops is how often a download may be elsewhere. GitHub's releases are elsewhere once.
const maxHops = 5

// fetch writes a download into a new file, if it is what its SHA-256 says. Until then nobody reads it.
func (m Machine) fetch(ctx context.Context, to string, from assignment.Download) (err error) {
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	digest := sha256.New()
	if err := m.get(ctx, from.URL, io.MultiWriter(file, digest)); err != nil {
		return fmt.Errorf("fetch %s: %w", from.URL, err)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != from.SHA256 {
		return fmt.Errorf("fetch %s: its SHA-256 is %s, and should be %s: somebody changed it, or the user data is of another", from.URL, got, from.SHA256)
	}
	return nil
}

func (m Machine) get(ctx context.Context, url string, to io.Writer) error {
	client := &http.Client{Transport: m.Transport, CheckRedirect: secureHops}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer was %s", response.Status)
	}
	_, err = io.Copy(to, response.Body)
	return err
}

func secureHops(next *http.Request, past []*http.Request) error {
	switch {
	case next.URL.Scheme != "https":
		return fmt.Errorf("it is at %s now, which is not https", next.URL.Redacted())
	case len(past) > maxHops:
		return errors.New("it was elsewhere too often")
	}
	return nil
}
