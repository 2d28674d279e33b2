package admin

import (
	"cmp"
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// story is the page of a job.
func (s shown) story(told Story, bars []bar) g.Node {
	return s.framed(head(told), drawn(bars), section("told", "What it was told", reasons(told.Told)))
}

func head(told Story) g.Node {
	j := told.Job
	fact := func(name string, value ...g.Node) g.Node {
		return g.El("div", g.El("dt", g.Text(name)), g.El("dd", value...))
	}
	offering := ""
	if told.Runner.Instance != "" {
		offering = " " + told.Runner.Offering.String()
	}
	why := j.Why.String()
	return g.El("section", g.Attr("id", "job"),
		g.El("h1", bdi(cmp.Or(j.Name, strconv.FormatInt(j.ID, 10)))),
		g.El("p", status(j),
			g.If(j.Position > 0, g.Text(fmt.Sprintf(" %d of %d in the queue of its class", j.Position, j.Of))),
			g.If(why != "", g.Group{g.Text(": "), bdi(why)}),
		),
		el("dl", "facts",
			fact("repository", bdi(j.Repository)),
			fact("workflow", bdi(j.Workflow)),
			fact("labels", g.Map(j.Labels, func(label string) g.Node { return g.Group{code(label), g.Text(" ")} })),
			g.If(j.Shape != "", fact("shape", g.Text(j.Shape))),
			g.If(j.Instance != "", fact("instance", code(j.Instance), g.Text(offering))),
			fact("all in all", g.Text(seconds(j.Took))),
		),
	)
}

func drawn(bars []bar) g.Node {
	return section("waterfall", "Where the time went", listed("waterfall", heads("Step", "UTC", "#After", ""),
		g.Map(bars, func(b bar) g.Node {
			return el("tr", b.Name,
				g.El("td", g.El("b", g.Text(b.Name)), g.Text(" "), quiet(g.Text(b.What))),
				el("td", "at", g.Text(clock(b.At))),
				number(seconds(b.Took)),
				drawing("step", b.From, b.Width),
			)
		}), "Nothing is known of it."))
}

func reasons(told []runner.Told) g.Node {
	if len(told) == 0 {
		return el("p", "quiet", g.Text("Nothing: it never had to wait."))
	}
	return el("ol", "told", g.Map(told, func(t runner.Told) g.Node {
		return g.El("li", g.El("time", g.Text(clock(t.At))), g.Text(" "), bdi(cmp.Or(t.Reason.String(), "nothing holds it")))
	}))
}

// missing is the page of a job that is not known.
func (s shown) missing() g.Node {
	return s.framed(g.El("section", g.Attr("id", "missing"),
		g.El("h1", g.Text("No such job")),
		g.El("p", g.Text("It ended too long ago to be shown here, or it never was. "), link(s.Base+"/", g.Text("All jobs"))),
	))
}
