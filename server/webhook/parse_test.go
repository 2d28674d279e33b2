package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// small is a payload with nothing in it that is not read.
const small = `{"action":"queued","workflow_job":{"id":7,"run_id":8,"run_attempt":2,"name":"build","workflow_name":"CI",` +
	`"status":"queued","labels":["mayfly"],"runner_name":null,"conclusion":null,"created_at":"2026-01-01T00:00:00Z"},` +
	`"repository":{"id":9,"full_name":"o/r","owner":{"login":"o"}},"installation":{"id":5}}`

var now = time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)

func TestAPayloadThatIsOffIsRefusedByName(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{`{"action"`, `{"action":"queued","action"`, `payload has the name "action" twice`},
		{`{"action"`, `{"ACTION":"queued","action"`, `payload has the name "ACTION" twice or in the wrong case`},
		{`{"action"`, `{"Action"`, `payload has the name "Action" twice or in the wrong case`},
		{`{"action"`, `{"x":1,"X":2,"action"`, `payload has the name "X" twice`},
		{`"workflow_job"`, `"WORKFLOW_JOB"`, `payload has the name "WORKFLOW_JOB"`},
		{`"id":7`, `"id":6,"id":7`, `workflow_job has the name "id" twice`},
		{`"id":7`, `"ID":7`, `workflow_job has the name "ID" twice or in the wrong case`},
		{`"id":7`, `"\u0069d":6,"id":7`, `workflow_job has the name "id" twice`},
		{`"id":9`, `"id":9,"Id":10`, `repository has the name "Id" twice`},
		{`"queued","workflow_job"`, `"","workflow_job"`, "action is missing"},
		{`"queued","workflow_job"`, `7,"workflow_job"`, "payload.action is of the wrong type"},
		{`"id":7`, `"id":0`, "workflow_job.id is 0, it has to be there and above zero"},
		{`"id":7`, `"id":-7`, "workflow_job.id is -7"},
		{`"id":7`, `"id":7.5`, "workflow_job.id is of the wrong type"},
		{`"id":7`, `"id":"7"`, "workflow_job.id is of the wrong type"},
		{`"id":7`, `"id":99999999999999999999`, "workflow_job.id is of the wrong type"},
		{`"run_id":8`, `"run_id":null`, "workflow_job.run_id is 0"},
		{`"run_attempt":2`, `"run_attempt":0`, "workflow_job.run_attempt is 0"},
		{`"name":"build"`, `"name":{}`, "workflow_job.name is of the wrong type"},
		{`["mayfly"]`, `null`, "workflow_job.labels is missing"},
		{`["mayfly"]`, `"mayfly"`, "workflow_job.labels is of the wrong type"},
		{`["mayfly"]`, `[""]`, `workflow_job.labels[0] is ""`},
		{`["mayfly"]`, `["mayfly","a\nb"]`, `workflow_job.labels[1] is "a\nb"`},
		{`["mayfly"]`, `["` + strings.Repeat("x", 257) + `"]`, "workflow_job.labels[0] is"},
		{`["mayfly"]`, `[` + strings.Repeat(`"x",`, 100) + `"x"]`, "workflow_job.labels has 101 labels"},
		{`"runner_name":null`, `"runner_name":"` + strings.Repeat("x", 65) + `"`, "workflow_job.runner_name has 65 bytes"},
		{`"2026-01-01T00:00:00Z"`, `null`, "workflow_job.created_at is missing"},
		{`"2026-01-01T00:00:00Z"`, `"yesterday"`, "workflow_job.created_at is of the wrong type"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:11:01Z"`, "more than 10m0s ahead"},
		{`"id":9`, `"id":0`, "repository.id is 0"},
		{`"full_name":"o/r"`, `"full_name":"o/r/../x"`, "not an owner/name"},
		{`"full_name":"o/r"`, `"full_name":"-o/r"`, "not an owner/name"},
		{`"full_name":"o/r"`, `"full_name":"p/r"`, `repository.full_name is "p/r", its owner is "o"`},
		{`"owner":{"login":"o"}`, `"owner":null`, "repository.owner is not a JSON object"},
		{`"id":5`, `"id":0`, "installation.id is 0"},
		{`{"id":5}`, `5`, "installation is not a JSON object"},
		{`{"id":5}}`, `{"id":5}}{}`, "payload has more after its end"},
		{`{"id":5}}`, `{"id":5}`, "payload is not valid JSON"},
		{`{"id":5}}`, `{"id":5},}`, "payload is not valid JSON"},
		{`"name":"build"`, "\"name\":\"\xff\"", "not valid UTF-8"},
	} {
		body := strings.Replace(small, test.old, test.new, 1)
		job, err := parse([]byte(body), now)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s as %s: got %+v and error %v, want one with %q", test.old, test.new, job, err, test.want)
		}
	}
}

func TestAPayloadMayBeUnusualAndRight(t *testing.T) {
	for _, test := range []struct {
		old, new string
		is       func(runner.JobEvent) bool
	}{
		{"", "", func(j runner.JobEvent) bool { return j.RunAttempt == 2 && j.Installation == 5 && j.Action == "queued" }},
		{`"run_attempt":2,`, ``, func(j runner.JobEvent) bool { return j.RunAttempt == 1 }},
		{`"status":"queued"`, `"status":"waiting"`, func(j runner.JobEvent) bool { return j.Action == "waiting" }},
		{`"action":"queued"`, `"action":"waiting"`, func(j runner.JobEvent) bool { return j.Action == "waiting" }},
		{`"action":"queued"`, `"action":"paused"`, func(j runner.JobEvent) bool { return j.Action == "paused" && j.ID == 0 }},
		{`,"installation":{"id":5}`, ``, func(j runner.JobEvent) bool { return j.Installation == 0 }},
		{`{"id":5}`, `null`, func(j runner.JobEvent) bool { return j.Installation == 0 }},
		{`["mayfly"]`, `[]`, func(j runner.JobEvent) bool { return len(j.Labels) == 0 }},
		{`"owner":{"login":"o"}`, `"owner":{"login":"o"},"NEW":1,"new_too":{"id":1,"ID":2}`, func(j runner.JobEvent) bool { return j.Repository.ID == 9 }},
		{`"o/r","owner":{"login":"o"}`, `"e_m-u/r.x_y","owner":{"login":"e_m-u"}`, func(j runner.JobEvent) bool { return j.Repository.FullName == "e_m-u/r.x_y" }},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:11:00Z"`, func(j runner.JobEvent) bool { return !j.CreatedAt.IsZero() }},
		{`"2026-01-01T00:00:00Z"`, `"2020-01-01T00:00:00Z"`, func(j runner.JobEvent) bool { return j.Action == "queued" }},
		{`"build"`, `"` + strings.Repeat("é", 300) + `"`, func(j runner.JobEvent) bool { return len(j.Name) == 256 && utf8.ValidString(j.Name) }},
		{`"build"`, `"x` + strings.Repeat("é", 300) + `"`, func(j runner.JobEvent) bool { return len(j.Name) == 255 && utf8.ValidString(j.Name) }},
	} {
		job, err := parse([]byte(strings.Replace(small, test.old, test.new, 1)), now)
		if err != nil || !test.is(job) {
			t.Errorf("%s as %s: got %+v and error %v", test.old, test.new, job, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"action":"queued","workflow_job":null}`))
	f.Add([]byte(`{"Action":"queued","action":[{}],"x":"\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		job, err := parse(body, now)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("got %+v from what is not JSON", job)
		}
		if actions[job.Action] && (job.ID < 1 || job.RunID < 1 || job.RunAttempt < 1 || job.Repository.ID < 1 ||
			!fullName.MatchString(job.Repository.FullName) || job.CreatedAt.IsZero() || job.Installation < 0) {
			t.Errorf("got %+v, want no gap in it", job)
		}
		// What was read has to fit into a message and come out of it the same.
		event := runner.Event{ID: "x", Source: runner.SourceWebhook, Job: &job}
		if message, err := json.Marshal(event); err != nil || json.Unmarshal(message, &event) != nil {
			t.Errorf("got an event that is no message: %v", err)
		}
	})
}
