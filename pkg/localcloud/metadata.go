package localcloud

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// metadata is one instance's metadata service, version 2 only.
// Source: docs.aws.amazon.com, EC2 User Guide, "Use the Instance Metadata Service".
type metadata struct {
	instance *instance

	mu     sync.Mutex
	tokens map[string]time.Time // when each ends
}

const (
	tokenHeader = "X-aws-ec2-metadata-token"
	ttlHeader   = "X-aws-ec2-metadata-token-ttl-seconds"
	maxTTL      = 21600 // seconds
)

func newMetadata(i *instance) *metadata {
	return &metadata{instance: i, tokens: map[string]time.Time{}}
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/latest/api/token":
		m.issue(w, r)
	case r.Method != http.MethodGet:
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	case !m.valid(r.Header.Get(tokenHeader)):
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	default:
		text, found := m.read(strings.TrimPrefix(r.URL.Path, "/latest/"))
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, text)
	}
}

// issue gives out a session token.
func (m *metadata) issue(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	ttl, err := strconv.Atoi(r.Header.Get(ttlHeader))
	if err != nil || ttl < 1 || ttl > maxTTL {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	token := m.instance.letters(base62, 56)
	m.mu.Lock()
	m.tokens[token] = time.Now().Add(time.Duration(ttl) * time.Second)
	m.mu.Unlock()
	w.Header().Set(ttlHeader, strconv.Itoa(ttl))
	_, _ = io.WriteString(w, token)
}

func (m *metadata) valid(token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Before(m.tokens[token])
}

// letters draws on the instance's randomness.
func (i *instance) letters(alphabet string, n int) string {
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	return letters(i.random, alphabet, n)
}
