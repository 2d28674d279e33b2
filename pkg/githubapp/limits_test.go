package githubapp_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestALimitIsAValueThatTellsWhoseItIsAndUntilWhen(t *testing.T) {
	tests := []struct {
		fault localhub.Fault
		wait  time.Duration
	}{
		{localhub.APILimited, 90 * time.Second}, {localhub.APITooMany, 90 * time.Second}, {localhub.APIUsedUp, 90 * time.Second},
		{localhub.APILimitedMute, time.Minute},
	}
	for _, test := range tests {
		fault := localhub.NoFault
		faults := &localhub.Faults{
			RetryAfter: 90 * time.Second,
			Answer: func(call localhub.Call) localhub.Fault {
				if call.Installation == 0 {
					return localhub.NoFault
				}
				return fault
			},
		}
		inWorldOf(t, localhub.Config{Faults: faults}, func(w *world) {
			fault = test.fault
			_, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
			var limit *runner.LimitError
			if !errors.As(err, &limit) || errors.Is(err, runner.ErrRejected) {
				t.Fatalf("%s: got %v, want a LimitError", test.fault, err)
			}
			if want := (runner.LimitError{App: w.app, Owner: "mayfly-ci", Until: time.Now().Add(test.wait)}); limit.App != want.App ||
				limit.Owner != want.Owner || !limit.Until.Equal(want.Until) {
				t.Errorf("%s: got %+v, want %+v", test.fault, *limit, want)
			}
			fault = localhub.NoFault
			w.jit(w.class, "mf-1") // nothing but the caller holds a call back
		})
	}
}

func TestALimitOfTheAppItselfIsTheOnesWhoNeedIt(t *testing.T) {
	faults := &localhub.Faults{Answer: func(call localhub.Call) localhub.Fault {
		if call.Route == tokenRoute {
			return localhub.APITooMany
		}
		return localhub.NoFault
	}}
	inWorldOf(t, localhub.Config{Faults: faults}, func(w *world) {
		var limit *runner.LimitError
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1"); !errors.As(err, &limit) || limit.Owner != "mayfly-ci" {
			t.Errorf("got %v, want a LimitError at mayfly-ci", err)
		}
		if _, err := w.client.Repositories(w.t.Context(), w.app); !errors.As(err, &limit) || limit.Owner != "mayfly-ci" {
			t.Errorf("got %v, want a LimitError at mayfly-ci", err)
		}
	})
}

func TestAServersErrorIsNoLimit(t *testing.T) {
	for _, fault := range []localhub.Fault{localhub.APIError, localhub.APIBadGateway, localhub.APIAnswerLost} {
		faults := &localhub.Faults{Answer: func(localhub.Call) localhub.Fault { return fault }}
		inWorldOf(t, localhub.Config{Faults: faults}, func(w *world) {
			var limit *runner.LimitError
			_, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
			if err == nil || errors.As(err, &limit) || errors.Is(err, runner.ErrRejected) {
				t.Errorf("%s: got %v, want an error that is worth another try", fault, err)
			}
		})
	}
}

func TestWhatIsLeftIsKnownOfEachAppAtEachOwner(t *testing.T) {
	inWorldOf(t, localhub.Config{Apps: 2}, func(w *world) {
		w.client = w.clientOf(w.hub.Apps()...)
		other := w.client.Apps()[1]
		for i := range 50 {
			w.jit(w.class, fmt.Sprint("mf-", i))
		}
		for _, test := range []struct {
			app   int64
			owner string
			want  float64
			known bool
		}{{w.app, "Mayfly-CI", 0.99, true}, {other, "mayfly-ci", 1, false}, {w.app, "stranger", 1, false}} {
			if got, known := w.client.Remaining(test.app, test.owner); got != test.want || known != test.known {
				t.Errorf("App %d at %s: got %v, %v, want %v, %v", test.app, test.owner, got, known, test.want, test.known)
			}
		}
		if got := w.hub.Books().MaxPoints; got != 250 {
			t.Errorf("points: got %d, want 250", got)
		}
		for i := range 50 {
			if _, _, err := w.client.JITConfig(w.t.Context(), other, w.class, fmt.Sprint("other-", i)); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.hub.Books().MaxPoints; got != 250 {
			t.Errorf("points, with another App beside: got %d, want 250", got)
		}
		time.Sleep(time.Hour)
		if got, known := w.client.Remaining(w.app, "mayfly-ci"); got != 1 || known {
			t.Errorf("an hour later: got %v, %v, want that it is not known", got, known)
		}
	})
}

func TestOfTwoMetersTheLowerOneCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.jit(w.class, "mf-1")
		header := http.Header{
			"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {"3"}, "X-Ratelimit-Resource": {"actions_runner_registration"},
			"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)},
		}
		w.answer(http.StatusConflict, header, `{"message":"Already exists"}`)
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1"); !errors.Is(err, runner.ErrNameTaken) {
			t.Fatal(err)
		}
		if got, known := w.client.Remaining(w.app, "mayfly-ci"); got != 0.03 || !known {
			t.Errorf("got %v, %v, want 0.03", got, known)
		}
	})
}
