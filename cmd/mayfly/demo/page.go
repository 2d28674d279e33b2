package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/server/admin"
)

// page is what people read.
type page struct {
	out    io.Writer
	result io.Writer // for JSON; nil is none
	live   *live     // nil where nobody looks at a terminal
	paint  paint
	step   string // whose log is wanted whole, and in any case
	every  bool   // the end of every job's log is wanted

	mu     sync.Mutex
	failed error // the first, of what could not be printed
}

func newPage(o Options) *page {
	p := &page{out: o.Out, paint: paint(o.Colour), step: o.Step, every: o.Workflow != ""}
	if o.JSON {
		p.out, p.result = o.Err, o.Out
	}
	if o.Size != nil {
		p.live = &live{out: p.out, size: o.Size, paint: p.paint}
		p.out = p.live
	}
	return p
}

// say prints a line.
func (p *page) say(text string) {
	_, err := fmt.Fprintln(p.out, text)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = cmp.Or(p.failed, err)
}

// lost says that not all of it could be printed.
func (p *page) lost() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return fmt.Errorf("not all of this could be printed: %w", p.failed)
	}
	return nil
}

// width is how many columns a line may have, of so many at most.
func (p *page) width(most int) int {
	if p.live == nil {
		return most
	}
	columns, _ := p.live.size()
	return min(most, columns-1)
}

// follow shows the jobs while they run, where somebody looks at a terminal. Stop takes them away.
func (p *page) follow(view func() admin.Overview) (stop func()) {
	if p.live == nil {
		return func() {}
	}
	return p.live.follow(view)
}

func (p *page) begin(f Flags) {
	p.say(fmt.Sprintf("Mayfly demo: %s, seed %d. GitHub and AWS are in this process; the agents and the jobs are real.\n",
		count(f.Jobs, "job"), f.Seed))
	if trouble := newTrouble(f); trouble != nil {
		p.say(strings.Join(wrap(trouble.String(), p.width(columns)), "\n") + "\n")
	}
}

// listens says where webhooks from outside are taken.
func (p *page) listens(url string, id int64, door Door) {
	p.say(fmt.Sprintf("Webhooks are taken at %s, signed with %s, of %s.\nThis GitHub has one repository: %s, id %d.\n",
		url, SecretVariable, door.allowed(), repository, id))
}

// shows says where a browser finds the same.
func (p *page) shows(url string) { p.say("Look at it at " + url + "\n") }

// keeps says that there is more to come.
func (p *page) keeps() { p.say("Waiting. Ctrl-C ends it.") }

// end prints the table, the logs that are worth reading, and the summary.
func (p *page) end(result Result, gaveUp error) {
	p.say("")
	if len(result.Rows) > 0 {
		p.say(table(result.Rows, p.width(math.MaxInt), p.paint))
	}
	for i, row := range result.Rows {
		switch {
		case i == 0 && p.step != "":
			p.say(row.log(math.MaxInt))
		case p.every && row.Log != "", row.Result == localhub.Failure || row.Result == localhub.Cancelled:
			p.say(row.log(tailLines))
		}
	}
	if result.Faults != nil {
		p.say(faultTable(result.Faults))
	}
	if gaveUp != nil {
		p.say(p.paint.bad("Gave up: " + gaveUp.Error() + "."))
	}
	p.say(summary(result))
}

// total prints the JSON, if that was asked for.
func (p *page) total(totals Totals) error {
	if p.result == nil {
		return nil
	}
	if err := json.NewEncoder(p.result).Encode(totals); err != nil {
		return fmt.Errorf("print the totals: %w", err)
	}
	return nil
}
