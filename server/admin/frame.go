package admin

import (
	"strconv"

	g "maragu.dev/gomponents"
)

// The pages are put together from nodes, and not from templates: html/template finds methods by name, so the linker
// keeps every method of every package, and the server's binary is three times as long.
// Whatever is text or an attribute's value is escaped. A name of somebody else's stands in a bdi or in code.

// el is an element with a class; none if that is empty.
func el(name, class string, children ...g.Node) g.Node {
	if class != "" {
		children = append([]g.Node{g.Attr("class", class)}, children...)
	}
	return g.El(name, children...)
}

func bdi(text string) g.Node { return g.El("bdi", g.Text(text)) }

func code(text string) g.Node { return g.El("code", g.Text(text)) }

func quiet(children ...g.Node) g.Node { return el("span", "quiet", children...) }

func number(text string) g.Node { return el("td", "number", g.Text(text)) }

func count(n int) g.Node { return number(strconv.Itoa(n)) }

func link(href string, children ...g.Node) g.Node {
	return g.El("a", append([]g.Node{g.Attr("href", href)}, children...)...)
}

// section is a part of the page that is brought up to date by itself.
func section(id, heading string, children ...g.Node) g.Node {
	return g.El("section", append([]g.Node{g.Attr("id", id), g.El("h2", g.Text(heading))}, children...)...)
}

// listed is a table, or, without rows, what to say instead.
func listed(class string, head []g.Node, rows g.Group, none string) g.Node {
	if len(rows) == 0 {
		return el("p", "quiet", g.Text(none))
	}
	return el("table", class, g.El("thead", g.El("tr", head...)), g.El("tbody", rows))
}

// heads are a table's headings. A name that begins with # is one of numbers; an empty one is nobody's to read.
func heads(names ...string) []g.Node {
	row := make([]g.Node, len(names))
	for i, name := range names {
		switch {
		case name == "":
			row[i] = g.El("th", g.Attr("aria-hidden", "true"))
		case name[0] == '#':
			row[i] = el("th", "number", g.Text(name[1:]))
		default:
			row[i] = g.El("th", g.Text(name))
		}
	}
	return row
}

// drawing is a bar: a part, in thousandths of the whole.
func drawing(class string, from, width float64) g.Node {
	tenth := func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
	return el("td", "bar", g.Attr("aria-hidden", "true"), g.El("svg", g.Attr("viewBox", "0 0 1000 10"), g.Attr("preserveAspectRatio", "none"),
		el("rect", "all", g.Attr("width", "1000"), g.Attr("height", "10")),
		el("rect", class, g.Attr("x", tenth(from)), g.Attr("width", tenth(width)), g.Attr("height", "10")),
	))
}

// framed is a whole page.
func (s shown) framed(sections ...g.Node) g.Node {
	own := func(file string) string { return s.Base + "/" + file }
	return g.Group{g.Raw("<!doctype html>\n"), g.El("html", g.Attr("lang", "en"),
		g.El("head",
			g.El("meta", g.Attr("charset", "utf-8")),
			g.El("meta", g.Attr("name", "viewport"), g.Attr("content", "width=device-width, initial-scale=1")),
			g.El("meta", g.Attr("name", "color-scheme"), g.Attr("content", "light dark")),
			g.El("title", g.Text(s.Title+" · Mayfly")),
			g.El("link", g.Attr("rel", "icon"), g.Attr("href", own("icon.svg")), g.Attr("type", "image/svg+xml")),
			g.El("link", g.Attr("rel", "stylesheet"), g.Attr("href", own("style.css"))),
			g.El("noscript", g.El("meta", g.Attr("http-equiv", "refresh"), g.Attr("content", "5"))),
			g.El("script", g.Attr("src", own("page.js")), g.Attr("defer")),
		),
		g.El("body",
			g.El("header",
				link(own(""), g.El("img", g.Attr("src", own("icon.svg")), g.Attr("alt", "")), g.Text("Mayfly")), g.Text(" "),
				quiet(g.Text("stack "), bdi(s.Stack)), g.Text(" "),
				g.El("span", g.Attr("id", "stale"), g.Attr("role", "status"), g.Attr("hidden"), g.Text("not up to date: the server does not answer")),
			),
			g.El("main", sections...),
		),
	)}
}
