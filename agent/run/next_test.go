package run

import (
	"strings"
	"testing"
	"time"
)

func TestWhatFollowsTheEndOfAListener(t *testing.T) {
	for code, want := range map[int]struct {
		again bool
		wait  time.Duration
	}{
		0: {}, 1: {}, 2: {true, 5 * time.Second}, 3: {true, 0}, 4: {true, 0}, 5: {}, 6: {true, 0}, 7: {}, 8: {}, 134: {},
	} {
		again, wait := next(code, 1)
		if again != want.again || wait != want.wait {
			t.Errorf("exit code %d: got %v after %v, want %v after %v", code, again, wait, want.again, want.wait)
		}
		if again, _ := next(code, maxTries); again {
			t.Errorf("exit code %d: it is started again after %d tries, want never", code, maxTries)
		}
	}
}

func TestAnExitCodeHasAMeaning(t *testing.T) {
	const old = "Runner version v2.296.2 is deprecated and cannot receive messages."
	for name, test := range map[string]struct {
		code      int
		complaint string
		want      []string
	}{
		"outdated":          {7, "", []string{"refuses its version", "build the image again"}},
		"outdated, of old":  {1, old, []string{"refuses its version", "it said: Runner version v2.296.2", "build the image again"}},
		"gave up":           {1, "Not found", []string{"Not found", "JIT config"}},
		"could not connect": {2, "No such host", []string{"10 times", "No such host", "reaches GitHub"}},
		"conflict":          {5, "", []string{"another runner of its name"}},
		"updates":           {4, "", []string{"updated itself", "build the image again"}},
		"in peace":          {0, "", []string{"removed on GitHub"}},
		"aborted":           {134, "", []string{"signal 6", ".NET"}},
		"unknown":           {42, "Oh", []string{"it said: Oh"}},
	} {
		got := Meaning(test.code, test.complaint)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want %q in it", name, got, want)
			}
		}
	}
}
