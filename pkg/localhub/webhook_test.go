package localhub_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// lived is a world in which one job was queued, taken and completed.
func lived(t *testing.T, test func(w *world)) {
	inWorld(t, localhub.Config{Seed: 7}, func(w *world) {
		w.hub.Queue(sample, localhub.Job{Name: "build", Workflow: "CI", Labels: []string{"a"}})
		_, encoded := w.jit(w.token(""), "mf-1", "a")
		runner := w.run(w.t.Context(), encoded, localhub.Failure)
		<-runner.code
		test(w)
	})
}

func TestWebhooksAreSignedAndSentInOrder(t *testing.T) {
	lived(t, func(w *world) {
		var actions []string
		guids := map[string]bool{}
		for _, webhook := range w.received() {
			mac := hmac.New(sha256.New, []byte("webhook secret"))
			mac.Write(webhook.body)
			if got, want := webhook.header.Get("X-Hub-Signature-256"), "sha256="+hex.EncodeToString(mac.Sum(nil)); got != want {
				t.Errorf("signature: got %s, want %s", got, want)
			}
			for key, want := range map[string]string{
				"Content-Type": "^application/json$", "User-Agent": "^GitHub-Hookshot/", "X-GitHub-Event": "^workflow_job$",
				"X-GitHub-Delivery": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "X-Hub-Signature": "^sha1=[0-9a-f]{40}$",
			} {
				if got := webhook.header.Get(key); !regexp.MustCompile(want).MatchString(got) {
					t.Errorf("%s: got %q, want %s", key, got, want)
				}
			}
			guids[webhook.header.Get("X-GitHub-Delivery")] = true
			actions = append(actions, payload(t, webhook.body)["action"].(string))
		}
		if diff := cmp.Diff([]string{"queued", "in_progress", "completed"}, actions); diff != "" {
			t.Errorf("actions (-want +got):\n%s", diff)
		}
		if len(guids) != 3 {
			t.Errorf("delivery ids: got %v, want three", guids)
		}
	})
}

func TestPayloadsHaveAllTheKeysOfGitHubsOwn(t *testing.T) {
	lived(t, func(w *world) {
		for i, name := range []string{"queued.5", "in_progress.4", "completed.2"} {
			body, err := os.ReadFile("testdata/workflow_job." + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			github := payload(t, body)
			delete(github, "organization") // the sample repositories have none
			ours := payload(t, w.received()[i].body)
			for _, key := range missing("", github, ours) {
				t.Errorf("%s: %s is missing", name, key)
			}
		}
	})
}

func TestPayloadsTellTheJob(t *testing.T) {
	lived(t, func(w *world) {
		var told []map[string]any
		for _, webhook := range w.received() {
			job := payload(t, webhook.body)["workflow_job"].(map[string]any)
			picked := map[string]any{}
			for _, key := range strings.Fields("status conclusion name workflow_name runner_name runner_group_name created_at started_at completed_at run_attempt") {
				picked[key] = job[key]
			}
			told = append(told, picked)
		}
		const start, end = "2000-01-01T00:00:00Z", "2000-01-01T00:01:00Z"
		queued := map[string]any{
			"status": "queued", "conclusion": nil, "name": "build", "workflow_name": "CI", "runner_name": nil, "runner_group_name": nil,
			"created_at": start, "started_at": start, "completed_at": nil, "run_attempt": 1.0,
		}
		with := func(base map[string]any, more map[string]any) map[string]any {
			all := map[string]any{}
			for _, m := range []map[string]any{base, more} {
				for key, value := range m {
					all[key] = value
				}
			}
			return all
		}
		running := with(queued, map[string]any{"status": "in_progress", "runner_name": "mf-1", "runner_group_name": "Default"})
		completed := with(running, map[string]any{"status": "completed", "conclusion": "failure", "completed_at": end})
		if diff := cmp.Diff([]map[string]any{queued, running, completed}, told); diff != "" {
			t.Errorf("jobs (-want +got):\n%s", diff)
		}
		repository := payload(t, w.received()[0].body)["repository"].(map[string]any)
		if repository["full_name"] != sample || repository["private"] != true || repository["fork"] != false {
			t.Errorf("repository: got %v, %v, %v, want %s, private, no fork", repository["full_name"], repository["private"], repository["fork"], sample)
		}
	})
}

func TestAFailedDeliveryIsNotedAndNotRepeated(t *testing.T) {
	for _, test := range []struct {
		answer int
		after  time.Duration
	}{{503, 0}, {400, 0}, {302, 0}, {202, 11 * time.Second}} {
		inWorld(t, localhub.Config{}, func(w *world) {
			w.refuse, w.slow = test.answer, test.after
			w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
			time.Sleep(time.Hour)
			synctest.Wait()
			if got, want := w.hub.Books().Deliveries, (localhub.Deliveries{Failed: 1}); got != want {
				t.Errorf("%+v: deliveries: got %+v, want %+v", test, got, want)
			}
			if got := len(w.received()); got != 1 {
				t.Errorf("%+v: received %d webhooks, want 1", test, got)
			}
		})
	}
}

func TestCloseGivesUpWhatIsNotDelivered(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		w.slow = 9 * time.Second
		for range 2 {
			w.hub.Queue(sample, localhub.Job{Name: "build", Labels: []string{"a"}})
		}
		synctest.Wait()
		began := time.Now()
		w.hub.Close()
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v, want no time", took)
		}
		if got, want := w.hub.Books().Deliveries, (localhub.Deliveries{Pending: 2}); got != want {
			t.Errorf("deliveries: got %+v, want %+v", got, want)
		}
	})
}

func payload(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// missing lists the keys that theirs has and ours has not, at any depth. What is null in ours has no
// keys, and of a list the first item stands for all.
func missing(path string, theirs, ours any) []string {
	switch theirs := theirs.(type) {
	case map[string]any:
		ours, isObject := ours.(map[string]any)
		if !isObject {
			return nil
		}
		var keys []string
		for key, value := range theirs {
			if _, has := ours[key]; !has {
				keys = append(keys, path+"."+key)
			}
			keys = append(keys, missing(path+"."+key, value, ours[key])...)
		}
		return keys
	case []any:
		if ours, isList := ours.([]any); isList && len(theirs) > 0 && len(ours) > 0 {
			return missing(path+"[0]", theirs[0], ours[0])
		}
	}
	return nil
}
