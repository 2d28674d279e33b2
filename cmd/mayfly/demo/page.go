package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// page is what people read.
type page struct {
	out    io.Writer
	result io.Writer // for JSON; nil is none
	paint  paint
	step   string // whose log is wanted whole, and in any case
	every  bool   // the end of every job's log is wanted
}

func newPage(o Options) *page {
	p := &page{out: o.Out, paint: paint(o.Colour), step: o.Step, every: o.Workflow != ""}
	if o.JSON {
		p.out, p.result = o.Err, o.Out
	}
	return p
}

// say prints a line. Nobody may be there to read it.
func (p *page) say(text string) { _, _ = fmt.Fprintln(p.out, text) }

func (p *page) begin(f Flags) {
	p.say(fmt.Sprintf("Mayfly demo: %s, seed %d. GitHub and AWS are in this process; the agents and the jobs are real.\n",
		count(f.Jobs, "job"), f.Seed))
	if trouble := newTrouble(f); trouble != nil {
		p.say(strings.Join(wrap(trouble.String(), columns), "\n") + "\n")
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
		p.say(table(result.Rows, p.paint))
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
