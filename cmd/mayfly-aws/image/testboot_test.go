package image

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAConsoleTellsTheChecksAmongAllElse(t *testing.T) {
	for name, test := range map[string]struct {
		console string
		checks  []string
		verdict string
	}{
		"nothing":      {"", nil, ""},
		"a kernel":     {"[    0.0] Linux version 6.8\r\n", nil, ""},
		"some checks":  {"\nmayfly-test-boot: ok keys\r\n[ 3.1] usb 1-1\n", []string{"ok keys"}, ""},
		"passed":       {"mayfly-test-boot: ok keys\nmayfly-test-boot: passed\n", []string{"ok keys"}, "passed"},
		"failed":       {"mayfly-test-boot: FAILED keys: do this\n\nmayfly-test-boot: failed\r\n", []string{"FAILED keys: do this"}, "failed"},
		"a check of a": {"mayfly-test-boot: passed over\n", []string{"passed over"}, ""},
	} {
		checks, verdict := readConsole(test.console)
		if diff := cmp.Diff(test.checks, checks); diff != "" || verdict != test.verdict {
			t.Errorf("%s: got verdict %q, want %q (-want +got):\n%s", name, verdict, test.verdict, diff)
		}
	}
}

// testBooted is what becomes of an image whose console says this, and how long it took.
func testBooted(ctx context.Context, consoles ...string) (a *cloud, took time.Duration, err error) {
	a = &cloud{consoles: consoles}
	b := builder{App: App{Out: io.Discard}, amis: a, in: input{name: Names()[0], profile: "compat"}}
	b.began = time.Now()
	err = b.verify(ctx, "ami-1")
	return a, time.Since(b.began), err
}

func TestAVerdictIsWaitedForAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, took, err := testBooted(t.Context(), "", "kernel", "mayfly-test-boot: passed\n")
		if err != nil || took != 2*bootPause || a.did[len(a.did)-1] != "tag ami-1 "+tagVerified {
			t.Errorf("got %v after %v and %q", err, took, a.did)
		}
		a, took, err = testBooted(t.Context(), "one\nKernel panic - not syncing")
		if err == nil || !strings.Contains(err.Error(), "no verdict on the console of i-1 after 15m0s; it ends with:\none\nKernel panic") || took != bootLimit {
			t.Errorf("got %v after %v", err, took)
		}
		if diff := cmp.Diff([]string{"boot ami-1", "end i-1", "tag ami-1 " + tagFailed}, a.did); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Whoever stops it has seen nothing that is wrong with the image, which is then neither verified nor failed.
func TestATestBootThatIsStoppedLeavesNoInstanceAndNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("stopped"))
		defer stop()
		a, _, err := testBooted(ctx, "")
		if err == nil || !strings.Contains(err.Error(), "stopped") {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff([]string{"boot ami-1", "end i-1"}, a.did); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
