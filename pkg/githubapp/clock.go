package githubapp

import (
	"net/http"
	"time"
)

// maxSkew is how far our clock and GitHub's may be apart before its own is gone by: a JWT is dated back
// by a minute.
const maxSkew = 30 * time.Second

// keepTime notes how far GitHub's clock is ahead of ours, by the date of an answer.
func (c *Client) keepTime(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	skew := time.Until(date).Round(time.Second)
	if skew.Abs() <= maxSkew {
		skew = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew = skew
}

func (c *Client) skewed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// now is the time by GitHub's clock.
func (c *Client) now() time.Time { return time.Now().Add(c.skewed()) }
