package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/mayfly-ci/mayfly/server/admin"
)

// live is a table of the jobs on a terminal, redrawn in place. It is the last thing on the screen: what
// else is said goes above it.
type live struct {
	out   io.Writer
	size  func() (columns, rows int)
	paint paint

	mu    sync.Mutex
	view  func() admin.Overview // nil while there is nothing to show
	shown []string              // lines on the screen
	at    [2]int                // the terminal's size then
}

// follow shows what a view says, until stop is called: then the table is gone.
func (l *live) follow(view func() admin.Overview) (stop func()) {
	l.mu.Lock()
	l.view = view
	_ = l.draw("") // a terminal that is gone is told of by what is said
	l.mu.Unlock()
	rest := again(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = l.draw("")
	})
	return func() {
		rest()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.view = nil
		_ = l.draw("")
	}
}

// Write says something, in whole lines, above the table.
func (l *live) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(text), l.draw(string(text))
}

// draw says a text, if there is any, and then draws the table anew, in one write. Where nothing changed,
// nothing is written.
func (l *live) draw(said string) error {
	columns, rows := l.size()
	var lines []string
	if l.view != nil {
		lines = board(l.view(), columns-1, rows-1, l.paint)
	}
	if said == "" && l.at == [2]int{columns, rows} && slices.Equal(lines, l.shown) {
		return nil
	}
	var out strings.Builder
	if up := height(l.shown, columns); up > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", min(up, rows-1))
	}
	out.WriteString("\r\x1b[J" + said)
	for _, line := range lines {
		out.WriteString(line + "\n")
	}
	l.shown, l.at = lines, [2]int{columns, rows}
	_, err := io.WriteString(l.out, out.String())
	return err
}
