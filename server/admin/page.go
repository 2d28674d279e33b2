package admin

import (
	"bytes"
	"embed"
	"net/http"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
)

//go:embed page
var files embed.FS

// perPage is how many jobs one page shows.
const perPage = 100

// Page shows the stack in a browser. It only reads.
type Page struct {
	Base  string // the path that it is at: "" or "/admin"
	Stack string
	Read  func() Known // [Board.Read]
}

// shown is what a page shows.
type shown struct {
	Page
	Title    string
	Overview Overview // of the front page
	Jobs     []Job    // of them, those on this page
	Earlier  int      // pages, from 1; 0 is none
	Later    int
}

// Handler answers below the page's base. All else is 404.
func (p Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+p.Base+"/{$}", p.front)
	if p.Base != "" {
		mux.Handle("GET "+p.Base, http.RedirectHandler(p.Base+"/", http.StatusSeeOther))
	}
	mux.HandleFunc("GET "+p.Base+"/jobs/{id}", p.job)
	for _, name := range []string{"style.css", "page.js", "icon.svg"} {
		mux.HandleFunc("GET "+p.Base+"/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, "page/"+name)
		})
	}
	return guarded(mux)
}

// guarded lets the page load its own style and script, and nothing else; and nobody show it in a frame.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
			"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (p Page) front(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	data := shown{Page: p, Title: p.Stack, Overview: View(p.Read(), now)}
	jobs := data.Overview.Jobs
	last := max(1, (len(jobs)+perPage-1)/perPage)
	number, _ := strconv.Atoi(r.FormValue("page")) // whatever is no page is the first
	number = min(max(number, 1), last)
	data.Jobs = jobs[(number-1)*perPage : min(number*perPage, len(jobs))]
	data.Earlier = number - 1
	if number < last {
		data.Later = number + 1
	}
	show(w, data.front())
}

func (p Page) job(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // whatever is no number is no job
	story, found := StoryOf(p.Read(), id, now)
	if !found {
		w.WriteHeader(http.StatusNotFound)
		show(w, shown{Page: p, Title: "no such job"}.missing())
		return
	}
	show(w, shown{Page: p, Title: story.Job.Name}.story(story, bars(story.Steps)))
}

// show answers with a whole page, or none.
func show(w http.ResponseWriter, whole g.Node) {
	var page bytes.Buffer
	if err := whole.Render(&page); err != nil {
		http.Error(w, "the page cannot be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes())
}
