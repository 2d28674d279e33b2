//go:build page

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shownAt = regexp.MustCompile(`Look at it at (http://127\.0\.0\.1:\d+)`)

// kept starts a demo that goes on, and is where its page is. It ends with the test.
func kept(t *testing.T, arguments ...string) (url string) {
	t.Helper()
	process := exec.CommandContext(t.Context(), program, append([]string{"demo", "--keep"}, arguments...)...)
	process.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "MAYFLY_WEBHOOK_SECRET="+outsideSecret)
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Wait() }) // the context is cancelled just before
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := shownAt.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return found[1]
		}
	}
	t.Fatal("the demo does not say where its page is")
	return ""
}

// done is whether so many jobs are shown as done.
func done(jobs int) string {
	return fmt.Sprintf("[...document.querySelectorAll('.tiles div')].some(tile => tile.innerText.replace(/\\s+/g, ' ') === 'done lately %d')", jobs)
}

func TestThePageFollowsADemoToItsEnd(t *testing.T) {
	url, tab := kept(t, "--jobs", "8", "--seed", "7"), newTab(t)
	tab.open(url)
	loaded := ask[float64](tab, "performance.timeOrigin")
	tab.until(done(8))
	if got := ask[float64](tab, "performance.timeOrigin"); got != loaded {
		t.Error("the page was loaded anew, want it to have brought itself up to date")
	}
	tab.shows("#jobs", "check (arm64, 4)", "mayfly-ci/sample", "success", "i-")
	tab.shows("#offerings", "m7i-flex.large", "us-east-1", "on-demand")
	tab.shows("#budgets", "EC2 fleet calls", "GitHub points of ")
	tab.follow("#jobs a")
	tab.until("document.querySelector('#waterfall') !== null")
	tab.shows("h1", "check (")
	for _, step := range []string{"webhook", "decided", "launched", "booting", "agent"} { // in any order: its runner may have been there before it
		tab.shows("#waterfall", step)
	}
	tab.shows("#waterfall", "listening", "started", "done")
	if got := ask[float64](tab, "document.querySelector('.done .step').getBoundingClientRect().width"); got < 1 {
		t.Errorf("got %v pixels for the job itself, want some", got)
	}
	tab.obeys()
}

func TestWithScriptsOffThePageLoadsItselfAnew(t *testing.T) {
	url, tab := kept(t, "--jobs", "2", "--seed", "7"), newTab(t)
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.open(url)
	loaded := ask[float64](tab, "performance.timeOrigin")
	tab.until(fmt.Sprintf("performance.timeOrigin !== %f", loaded))
	tab.until(done(2))
	tab.follow("#jobs a")
	tab.until("document.querySelector('#waterfall') !== null")
}

const hostileName = `<script>window.hostile = 1</script>"><img src=x onerror=window.hostile=2>` + " \u202egnp." +
	"looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong"

func TestAHostileNameIsANameOnThePage(t *testing.T) {
	address := freeAddress(t)
	url, tab := kept(t, "--jobs", "0", "--listen", address), newTab(t)
	if got := deliver(t, address, "octo/unknown", "5", outsideSecret, hostileName); got != http.StatusAccepted {
		t.Fatalf("got status %d of the webhook", got)
	}
	tab.open(url)
	tab.until(done(1))
	tab.shows("#jobs", `<script>window.hostile = 1</script>"><img src=x onerror=`, "octo/unknown", "refused", "not installed")
	tab.narrow()
	tab.follow("#jobs a")
	tab.until("document.querySelector('h1') !== null")
	tab.shows("h1", `<script>window.hostile = 1</script>"><img src=x onerror=`)
	tab.fits()
	if ask[bool](tab, "'hostile' in window || [...document.images].some(image => !image.src.endsWith('/icon.svg'))") {
		t.Error("the name ran, or made an image")
	}
	tab.obeys()
}

// obeys says that nothing was tried that the page's policy forbids.
func (tab tab) obeys() {
	tab.t.Helper()
	if violations := ask[[]string](tab, "violations"); len(violations) > 0 {
		tab.t.Errorf("got violations of the content security policy: %q", violations)
	}
}

// narrow makes the tab as wide as a small phone.
func (tab tab) narrow() {
	tab.t.Helper()
	tab.do(chromedp.EmulateViewport(360, 780, chromedp.EmulateMobile))
	tab.fits()
}

// fits says that nobody has to scroll sideways.
func (tab tab) fits() {
	tab.t.Helper()
	if got, want := ask[int](tab, "document.documentElement.scrollWidth"), ask[int](tab, "document.documentElement.clientWidth"); got > want {
		tab.t.Errorf("got a page of %d pixels, want %d: %s", got, want, ask[string](tab,
			"[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.tagName + '.' + e.className).join(' ')"))
	}
}

// What docs/page.md shows.
func TestThePageIsSeenInLightInDarkAndOnAPhone(t *testing.T) {
	tab, url := newTab(t), kept(t, "--jobs", "10", "--seed", "7", "--step", "sleep 30")
	for tab.open(url); !ask[bool](tab, "document.querySelectorAll('#jobs .busy').length > 0"); { // while others are on their way
		tab.open(url)
	}
	tab.prefers("light")
	tab.photograph("light")
	light := ask[string](tab, "getComputedStyle(document.body).backgroundColor")
	tab.prefers("dark")
	tab.photograph("dark")
	if dark := ask[string](tab, "getComputedStyle(document.body).backgroundColor"); dark == light {
		t.Errorf("got the ground %s in the dark, too", dark)
	}
	tab.prefers("light")
	tab.narrow()
	tab.photograph("narrow")
	tab.until(done(9))
	tab.do(chromedp.EmulateViewport(wide, 800))
	tab.follow("#jobs tr:nth-child(2) a")
	tab.until("document.querySelector('#waterfall') !== null")
	tab.photograph("job")
	tab.prefers("dark")
	tab.narrow()
	tab.photograph("job-narrow")
	tab.obeys()
}

// photograph keeps what is seen as a picture, of the whole page.
func (tab tab) photograph(name string) {
	tab.t.Helper()
	picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join("..", "..", "docs", "images", "page-"+name+".png"), picture, 0o644)
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}
