package admin

import (
	"cmp"
	"fmt"
	"strconv"

	g "maragu.dev/gomponents"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// front is the page of the whole stack.
func (s shown) front() g.Node {
	return s.framed(s.now(), s.jobs(), s.runners(),
		el("div", "pair", s.offerings(), s.budgets()),
		el("footer", "quiet", g.Attr("id", "asof"), g.Text(fmt.Sprintf(
			"as of %s UTC; what ended lately is the last %d, and the record has the rest for 30 days", clock(s.Overview.At), Lately))),
	)
}

func (s shown) now() g.Node {
	tile := func(name string, n int) g.Node {
		return g.El("div", g.El("dt", g.Text(name)), g.El("dd", g.Text(strconv.Itoa(n))))
	}
	now := s.Overview.Now
	return g.El("section", g.Attr("id", "now"), g.Attr("aria-label", "Now"), el("dl", "tiles",
		tile("queued", now.Queued), tile("booting", now.Booting), tile("listening", now.Listening), tile("running", now.Running),
		tile("done lately", now.Done), g.If(now.Waiting > 0, tile("held by GitHub", now.Waiting)),
	), g.If(len(s.Overview.Notices) > 0, el("ul", "notices", g.Map(s.Overview.Notices, func(why runner.Reason) g.Node {
		return g.El("li", bdi(why.String()))
	}))))
}

func (s shown) jobs() g.Node {
	page := func(n int, rel, name string) g.Node {
		return g.If(n > 0, link(fmt.Sprintf("%s/?page=%d", s.Base, n), g.Attr("rel", rel), g.Text(name)))
	}
	return section("jobs", "Jobs",
		listed("jobs", heads("Job", "Shape", "State", "Why", "Instance", "#Time"), g.Map(s.Jobs, s.jobRow), "No job has come yet."),
		g.If(s.Earlier+s.Later > 0, g.El("nav", page(s.Earlier, "prev", "Earlier"), g.Text(" "), page(s.Later, "next", "More"))),
	)
}

func (s shown) jobRow(j Job) g.Node {
	return g.El("tr",
		el("td", "name", s.linked(j.ID, j.Name), g.Text(" "), quiet(bdi(j.Repository))),
		el("td", "shape", g.Text(j.Shape)),
		el("td", "state", status(j), g.If(j.Position > 0, quiet(g.Text(fmt.Sprintf(" %d of %d", j.Position, j.Of))))),
		el("td", "why", bdi(j.Why.String())),
		el("td", "instance", code(j.Instance)),
		number(seconds(j.Took)),
	)
}

// linked is a job's name, which leads to its page.
func (s shown) linked(id int64, name string) g.Node {
	decimal := strconv.FormatInt(id, 10)
	return link(s.Base+"/jobs/"+decimal, bdi(cmp.Or(name, decimal)))
}

func status(j Job) g.Node { return el("span", "status "+tone(j), g.Text(j.Status())) }

func (s shown) runners() g.Node {
	return section("runners", "Runners", listed("runners", heads("Instance", "State", "Offering", "Why", "Job", "#Age"),
		g.Map(s.Overview.Runners, func(r Runner) g.Node {
			return g.El("tr",
				el("td", "name", code(r.Instance)),
				el("td", "state", el("span", "status "+dot(r.State), g.Text(string(r.State)))),
				el("td", "shape", g.Text(r.Offering.String())),
				el("td", "why", bdi(r.Why.String())),
				el("td", "job", g.If(r.Job != 0, s.linked(r.Job, r.JobName))),
				number(seconds(r.Age)),
			)
		}), "No instance is there: nothing costs anything."))
}

func (s shown) offerings() g.Node {
	return section("offerings", "Launches by offering", listed("small", heads("Offering", "#Launched", "#There", "#Failed"),
		g.Map(s.Overview.Offerings, func(o Offering) g.Node {
			return g.Group{
				g.El("tr",
					g.El("td", g.Text(o.Type+" "), quiet(g.Text(fmt.Sprintf("%s, %s", o.Zone, o.Capacity)))),
					count(o.Launched), count(o.There), count(o.Failed),
				),
				g.If(!o.OutUntil.IsZero(), note("left alone until "+o.OutUntil.Format("15:04:05")+" UTC: "+cmp.Or(o.Why.String(), "EC2 has no capacity"))),
			}
		}), "No launch was made lately."))
}

func (s shown) budgets() g.Node {
	return section("budgets", "Calls", listed("small", heads("Of", "#Spent", "#Left", ""),
		g.Map(s.Overview.Budgets, func(b Budget) g.Node {
			class, trouble := "left", ""
			if b.Low() {
				class = "low"
			}
			switch {
			case b.Trouble != "":
				trouble = "in trouble: " + string(b.Trouble)
			case !b.ClosedUntil.IsZero():
				trouble = "closed until " + b.ClosedUntil.Format("15:04:05") + " UTC"
			}
			return g.Group{
				g.El("tr", g.El("td", bdi(b.Of), g.Text(" "), quiet(g.Text(b.How))), count(b.Spent), count(b.Left), drawing(class, 0, b.Share())),
				g.If(trouble != "", note(trouble)),
			}
		}), "No call was counted yet."))
}

// note is a row that tells more of the one before.
func note(text string) g.Node {
	return el("tr", "note", g.El("td", g.Attr("colspan", "4"), g.Text(text)))
}
