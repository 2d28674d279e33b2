package localhub_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

func TestWebhooksMeetTheirFates(t *testing.T) {
	fates := map[string][]localhub.Fate{
		"as ever": {{}}, "lost": nil, "failed": {{Failed: true}}, "twice": {{}, {After: time.Minute}}, "late": {{After: time.Hour}},
	}
	var names []string
	var asked []localhub.Webhook
	faults := &localhub.Faults{Deliver: func(webhook localhub.Webhook) []localhub.Fate {
		asked = append(asked, webhook)
		return fates[names[len(asked)-1]]
	}}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		began := time.Now()
		arrived := map[string][]time.Duration{}
		w.arrival = func(webhook webhook) {
			name := payload(t, webhook.body)["workflow_job"].(map[string]any)["name"].(string)
			arrived[name] = append(arrived[name], time.Since(began))
		}
		names = []string{"late", "as ever", "lost", "failed", "twice"}
		for _, name := range names {
			w.hub.Queue(sample, localhub.Job{Name: name, Labels: []string{"a"}})
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		want := map[string][]time.Duration{"as ever": {0}, "twice": {0, time.Minute}, "late": {time.Hour}}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
		books := w.hub.Books()
		if got, want := books.Deliveries, (localhub.Deliveries{OK: 4, Failed: 1}); got != want {
			t.Errorf("deliveries: got %+v, want %+v", got, want)
		}
		wantFired := map[string]int{"webhook_lost": 1, "webhook_failed": 1, "webhook_duplicated": 1, "webhook_delayed": 2}
		if diff := cmp.Diff(wantFired, books.Faults); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
		if got := asked[0]; got.Action != "queued" || got.Event != "workflow_job" || got.JobID != books.Jobs[0].ID || got.GUID == "" {
			t.Errorf("the hook was told %+v, want the first job's webhook", got)
		}
	})
}

func TestASenderThatIsOffSendsNothingAndAnOutageDelays(t *testing.T) {
	faults := &localhub.Faults{
		SenderOff: []localhub.Span{{From: time.Minute, Until: 2 * time.Minute}},
		Outages:   []localhub.Span{{From: 3 * time.Minute, Until: 5 * time.Minute}},
	}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		var arrived []time.Duration
		began := time.Now()
		w.arrival = func(webhook) { arrived = append(arrived, time.Since(began)) }
		for minute := range 6 {
			w.hub.Queue(sample, localhub.Job{Name: strconv.Itoa(minute), Labels: []string{"a"}})
			want := http.StatusOK
			if minute == 3 || minute == 4 {
				want = http.StatusServiceUnavailable
			}
			if got, _, _ := w.call("GET", "/app/installations", w.appJWT(nil), ""); got != want {
				t.Errorf("a call in minute %d: got %d, want %d", minute, got, want)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		want := []time.Duration{0, 2 * time.Minute, 5 * time.Minute, 5 * time.Minute, 5 * time.Minute}
		if diff := cmp.Diff(want, arrived); diff != "" {
			t.Errorf("arrivals (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int{"webhook_sender_off": 1, "webhook_delayed": 2, "api_outage": 2}, w.hub.Books().Faults); diff != "" {
			t.Errorf("faults (-want +got):\n%s", diff)
		}
	})
}

func TestCallsAreAnsweredAsTheirFaultSays(t *testing.T) {
	fault, asked := localhub.NoFault, localhub.Call{}
	faults := &localhub.Faults{
		Answer:     func(call localhub.Call) localhub.Fault { asked = call; return fault },
		RetryAfter: 7 * time.Second,
	}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		token := w.token("")
		for i, test := range []struct {
			fault      localhub.Fault
			status     int
			retryAfter string
			done       int // runners made
		}{
			{localhub.APIError, 500, "", 0},
			{localhub.APIBadGateway, 502, "", 0},
			{localhub.APIAnswerLost, 502, "", 1},
			{localhub.APILimited, 403, "7", 1},
			{localhub.APILimitedMute, 403, "", 1},
			{localhub.APITooMany, 429, "7", 1},
			{localhub.APIUsedUp, 403, "", 1},
			{localhub.NoFault, 201, "", 2},
		} {
			fault = test.fault
			body := fmt.Sprintf(`{"name":"mf-%d","runner_group_id":1,"labels":["a"]}`, i)
			status, header, _ := w.call("POST", jitPath, token, body)
			if status != test.status || header.Get("Retry-After") != test.retryAfter || len(w.hub.Books().Runners) != test.done {
				t.Errorf("%s: got %d, Retry-After %q and %d runners, want %d, %q and %d", test.fault,
					status, header.Get("Retry-After"), len(w.hub.Books().Runners), test.status, test.retryAfter, test.done)
			}
			if used := header.Get("X-RateLimit-Remaining") == "0"; used != (test.fault == localhub.APIUsedUp) {
				t.Errorf("%s: used up is %v", test.fault, used)
			}
			if got := w.hub.Books().Faults[string(test.fault)]; test.fault != "" && got != 1 {
				t.Errorf("%s fired %d times, want 1", test.fault, got)
			}
		}
		want := localhub.Call{
			Route: "POST /repos/{owner}/{repo}/actions/runners/generate-jitconfig", Path: jitPath, App: w.hub.App().ID, Installation: w.installation,
		}
		if asked != want {
			t.Errorf("the hook was told %+v, want %+v", asked, want)
		}
	})
}

func TestACallThatHangsEndsWithItsCallerOrWithTheHub(t *testing.T) {
	faults := &localhub.Faults{Answer: func(localhub.Call) localhub.Fault { return localhub.APIHung }}
	inWorld(t, localhub.Config{Faults: faults}, func(w *world) {
		ask := func(ctx context.Context) error {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://hub/app/installations", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+w.appJWT(nil))
			response, err := w.client.Do(request)
			if err == nil {
				response.Body.Close()
			}
			return err
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		if err := ask(ctx); err == nil || time.Since(began) != time.Minute {
			t.Errorf("got error %v after %v, want one after a minute", err, time.Since(began))
		}
		done := make(chan error, 1)
		go func() { done <- ask(w.t.Context()) }()
		synctest.Wait()
		w.hub.Close()
		if err := <-done; err == nil {
			t.Error("a hub that closed answered")
		}
	})
}

func TestTheSecondaryLimitHolds(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		token := w.token("")
		made := func() (count int, retryAfter string) {
			for {
				body := fmt.Sprintf(`{"name":"mf-%d","runner_group_id":1,"labels":["a"]}`, len(w.hub.Books().Runners))
				status, header, answer := w.call("POST", jitPath, token, body)
				if status != http.StatusCreated {
					if status != http.StatusForbidden || answer["message"] == nil {
						t.Errorf("got %d %v, want 403 and why", status, answer)
					}
					return count, header.Get("Retry-After")
				}
				if count++; count%60 == 0 {
					time.Sleep(10 * time.Second)
				}
			}
		}
		for i := range 2 {
			if count, retryAfter := made(); count != 180 || retryAfter != "30" {
				t.Errorf("round %d: got %d and Retry-After %s, want 180 and 30", i, count, retryAfter)
			}
			time.Sleep(30 * time.Second)
		}
		if got := w.hub.Books(); got.Limited != 2 || got.MaxPoints != 900 {
			t.Errorf("got %d limited and %d points, want 2 and 900", got.Limited, got.MaxPoints)
		}
	})
}
