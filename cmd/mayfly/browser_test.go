//go:build page

package main_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser has for all that a test does with it.
const patience = time.Minute

// wide is how many pixels a page has on a desk.
const wide = 1120

// tab is a browser's tab, with nothing in it.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newTab is a tab of a browser of its own, which is gone at the end.
func newTab(t *testing.T) tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.CombinedOutput(io.Discard))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to have one as root
	}
	temp, err := os.MkdirTemp("", "mayfly-page-") //nolint:usetesting // the browser's children may still write there, which is no failure
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	t.Setenv("TMPDIR", temp) // where the browser leaves what it likes
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits for its end
	tab := tab{t, ctx}
	tab.do() // the browser lives as long as this context, and not only as long as a test's patience
	tab.ctx, stop = context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	tab.do(chromedp.EmulateViewport(wide, 800))
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI))`,
	})
	return tab
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test looks at the page with Chromium, which is not there: apt-get install chromium")
	return ""
}

func (tab tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

func (tab tab) open(url string) {
	tab.t.Helper()
	tab.do(chromedp.Navigate(url))
}

// follow opens what a link leads to. A click could be lost, for the page may be just about to change.
func (tab tab) follow(selector string) {
	tab.t.Helper()
	tab.open(ask[string](tab, "document.querySelector('"+selector+"').href"))
}

// prefers claims that whoever looks prefers a colour scheme: light or dark.
func (tab tab) prefers(scheme string) {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// until waits until a JavaScript expression is true. While a page makes room for the next, there is nobody to ask.
func (tab tab) until(expression string) {
	tab.t.Helper()
	var last error
	for tab.ctx.Err() == nil {
		isTrue, err := chromedp.Run(tab.ctx, chromedp.Evaluate[bool](expression))
		if isTrue {
			return
		}
		last = err
		time.Sleep(100 * time.Millisecond)
	}
	tab.t.Fatalf("within %s it does not become true that %s: %v", patience, expression, last)
}

// text is what can be read in an element.
func (tab tab) text(selector string) string {
	tab.t.Helper()
	return ask[string](tab, "document.querySelector('"+selector+"').innerText")
}

// shows says that an element has these texts, in this order.
func (tab tab) shows(selector string, wanted ...string) {
	tab.t.Helper()
	rest := tab.text(selector)
	for _, want := range wanted {
		_, after, found := strings.Cut(rest, want)
		if !found {
			tab.t.Errorf("%s lacks %q, or has it too early:\n%s", selector, want, tab.text(selector))
			return
		}
		rest = after
	}
}

// ask is a JavaScript expression's value.
func ask[T any](tab tab, expression string) T {
	tab.t.Helper()
	value, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// call is a command of the browser's protocol.
func call[P, R any](tab tab, command cdp.Command[P, R], params P) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, command, params); err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
}
