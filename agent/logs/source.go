package logs

import (
	"bytes"
	"strings"
	"sync"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// maxLine is how long an event is at most, in bytes; a longer line becomes several. CloudWatch Logs
// takes 256 KB, and lately 1 MB, but nobody reads such lines, and the rest of one is kept in memory.
const maxLine = 64 << 10

// source is a log on its way into the queue.
type source struct {
	masked *secret.Writer

	mu     sync.Mutex // the masked writer's calls come in turn, flushes do not
	queue  *queue
	prefix string
	line   []byte
}

func newSource(queue *queue, masker *secret.Masker, prefix string) *source {
	s := &source{queue: queue, prefix: prefix}
	s.masked = secret.NewWriter(cutter{s}, masker)
	return s
}

// Write takes all of p.
func (s *source) Write(p []byte) (int, error) { return s.masked.Write(p) }

// flush makes an event of what has no end of line yet.
func (s *source) flush() {
	_ = s.masked.Flush() // a cutter has no errors
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push()
}

// cutter cuts what is masked into lines.
type cutter struct{ *source }

func (c cutter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		room := min(len(rest), maxLine-len(c.prefix)-len(c.line))
		end, isEnd := room, false
		if i := bytes.IndexByte(rest[:room], '\n'); i >= 0 {
			end, isEnd = i, true
		}
		c.line = append(c.line, rest[:end]...)
		if isEnd {
			end++
		}
		rest = rest[end:]
		if isEnd || len(c.line)+len(c.prefix) == maxLine {
			c.push()
		}
	}
	return len(p), nil
}

// push makes an event of the line so far. An empty one is none: CloudWatch Logs refuses it.
func (s *source) push() {
	text := strings.ToValidUTF8(string(bytes.TrimRight(s.line, "\r")), "?")
	s.line = s.line[:0]
	if text != "" {
		s.queue.push(s.prefix + text)
	}
}
