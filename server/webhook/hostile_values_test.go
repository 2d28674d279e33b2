package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// A value of a type that it does not have, in every field that is read.
func TestAValueOfTheWrongType(t *testing.T) {
	values := []string{`true`, `7`, `"7"`, `[]`, `{}`, `[{}]`}
	for _, field := range []struct{ path, is, right string }{
		{"action", `"action":"in_progress"`, `"7"`},
		{"workflow_job", small[strings.Index(small, `"workflow_job"`):strings.Index(small, `,"repository"`)], `{}`},
		{"workflow_job.id", `"id":7`, `7`},
		{"workflow_job.run_id", `"run_id":8`, `7`},
		{"workflow_job.run_attempt", `"run_attempt":2`, `7`},
		{"workflow_job.name", `"name":"build"`, `"7"`},
		{"workflow_job.workflow_name", `"workflow_name":"CI"`, `"7"`},
		{"workflow_job.status", `"status":"in_progress"`, `"7"`},
		{"workflow_job.labels", `"labels":["mayfly"]`, `[]`},
		{"workflow_job.runner_name", `"runner_name":"r"`, `"7"`},
		{"workflow_job.conclusion", `"conclusion":"c"`, `"7"`},
		{"workflow_job.created_at", `"created_at":"2026-01-01T00:00:00Z"`, ``},
		{"repository", small[strings.Index(small, `"repository"`):strings.Index(small, `,"installation"`)], `{}`},
		{"repository.id", `"id":9`, `7`},
		{"repository.full_name", `"full_name":"o/r"`, `"7"`},
		{"repository.owner", `"owner":{"login":"o"}`, `{}`},
		{"repository.owner.login", `"login":"o"`, `"7"`},
		{"installation", `"installation":{"id":5}`, `{}`},
		{"installation.id", `"id":5`, `7`},
	} {
		name := field.is[:strings.Index(field.is, ":")+1]
		for _, value := range values {
			if value == field.right || value == `[{}]` && field.right == `[]` {
				continue // of the right type; what it is worth is in the tables below
			}
			hostile{field.is, name + value, webhook.BadPayload, field.path}.test(t)
		}
	}
}

// A null is as good as nothing there: in what is needed it is refused, in what is not it is not.
func TestNullEverywhere(t *testing.T) {
	for _, test := range []hostile{
		{`"action":"in_progress"`, `"action":null`, webhook.BadPayload, "action is missing"},
		{`"id":7`, `"id":null`, webhook.BadPayload, "workflow_job.id is 0, it has to be there and above zero"},
		{`"run_id":8`, `"run_id":null`, webhook.BadPayload, "workflow_job.run_id is 0"},
		{`"run_attempt":2`, `"run_attempt":null`, webhook.Queued, ""},
		{`"name":"build"`, `"name":null`, webhook.Queued, ""},
		{`"workflow_name":"CI"`, `"workflow_name":null`, webhook.Queued, ""},
		{`"status":"in_progress"`, `"status":null`, webhook.Queued, ""},
		{`["mayfly"]`, `null`, webhook.BadPayload, "workflow_job.labels is missing"},
		{`["mayfly"]`, `["mayfly",null]`, webhook.BadPayload, "workflow_job.labels has a null"},
		{`"runner_name":"r"`, `"runner_name":null`, webhook.Queued, ""},
		{`"conclusion":"c"`, `"conclusion":null`, webhook.Queued, ""},
		{`"2026-01-01T00:00:00Z"`, `null`, webhook.Queued, ""}, // GitHub did not always send it
		{`"id":9`, `"id":null`, webhook.BadPayload, "repository.id is 0"},
		{`"full_name":"o/r"`, `"full_name":null`, webhook.BadPayload, `repository.full_name is "", not an owner/name`},
		{`"owner":{"login":"o"}`, `"owner":null`, webhook.BadPayload, `repository.full_name is "o/r", its owner is ""`},
		{`"login":"o"`, `"login":null`, webhook.BadPayload, `its owner is ""`},
		{`{"id":5}`, `null`, webhook.IgnoredNoInstallation, ""},
		{`{"id":5}`, `{"id":null}`, webhook.BadPayload, "installation.id is 0"},
		{small, `{"action":"queued","workflow_job":null}`, webhook.BadPayload, "workflow_job.labels is missing"},
		{small, strings.Replace(small, `"repository":{`, `"repository":null,"x":{`, 1), webhook.BadPayload, "repository.id is 0"},
		{small, `{"action":null,"workflow_job":null,"repository":null,"installation":null}`, webhook.BadPayload, "action is missing"},
	} {
		test.test(t)
	}
}

func TestANumberThatIsNoID(t *testing.T) {
	const above, digits = "it has to be there and above zero", "it has to be a whole number below 2^63, in digits alone"
	for _, field := range []struct{ path, is string }{
		{"workflow_job.id", `"id":7`}, {"workflow_job.run_id", `"run_id":8`}, {"workflow_job.run_attempt", `"run_attempt":2`},
		{"repository.id", `"id":9`}, {"installation.id", `"id":5`},
	} {
		name := field.is[:strings.Index(field.is, ":")+1]
		for value, words := range map[string]string{
			`0`: above, `-0`: above, `-1`: above, `-9223372036854775808`: above,
			`1.0`: digits, `7.5`: digits, `1e3`: digits, `1E0`: digits, `0.7e1`: digits, `-1e2`: digits, `0e0`: digits,
			`9223372036854775808`: digits, `18446744073709551616`: digits, `99999999999999999999`: digits, `1e999`: digits, `-9223372036854775809`: digits,
			strings.Repeat("9", 10_000): digits,
		} {
			hostile{field.is, name + value, webhook.BadPayload, field.path + " is "}.test(t)
			hostile{field.is, name + value, webhook.BadPayload, words}.test(t)
		}
		hostile{field.is, name + `9223372036854775807`, webhook.Queued, ""}.test(t)
	}
}

func TestAValueThatMakesNoSense(t *testing.T) {
	const noLabel, notAName = "a label has 1 to 256 bytes and no control characters", "not an owner/name"
	label := func(label string) string { return `["mayfly","` + label + `"]` }
	full := func(name, owner string) string {
		return `"full_name":"` + name + `","owner":{"login":"` + owner + `"}`
	}
	const name = `"full_name":"o/r","owner":{"login":"o"}`
	for _, test := range []hostile{
		{`"in_progress","workflow_job"`, `"","workflow_job"`, webhook.BadPayload, "action is missing"},
		{`"in_progress","workflow_job"`, `"Queued","workflow_job"`, webhook.IgnoredAction, ""},
		{`"in_progress","workflow_job"`, `"queued\u0000","workflow_job"`, webhook.IgnoredAction, ""},
		{`"in_progress","workflow_job"`, `" queued","workflow_job"`, webhook.IgnoredAction, ""},
		{`"in_progress","workflow_job"`, `"` + strings.Repeat("x", 500_000) + `","workflow_job"`, webhook.IgnoredAction, ""},

		{`["mayfly"]`, `[]`, webhook.IgnoredLabels, ""},
		{`["mayfly"]`, label(``), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(strings.Repeat("x", 257)), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(strings.Repeat("é", 129)), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(strings.Repeat("x", 900_000)), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(`a\nb`), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(`a\u0000b`), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label(`\u001b[31m`), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label("a\u0085b"), webhook.BadPayload, noLabel},
		{`["mayfly"]`, label("a\x7fb"), webhook.BadPayload, noLabel},
		{`["mayfly"]`, `["mayfly"` + strings.Repeat(`,"x"`, 100) + `]`, webhook.BadPayload, "workflow_job.labels has 101 labels, at most 100"},
		{`["mayfly"]`, `[` + strings.Repeat(`"x",`, 200_000) + `"mayfly"]`, webhook.BadPayload, "workflow_job.labels has 200001 labels"},
		{`["mayfly"]`, label(strings.Repeat("x", 256)), webhook.Queued, ""},
		{`["mayfly"]`, `["mayfly"` + strings.Repeat(`,"x"`, 99) + `]`, webhook.Queued, ""},

		{`"runner_name":"r"`, `"runner_name":"` + strings.Repeat("x", 65) + `"`, webhook.BadPayload, "workflow_job.runner_name has 65 bytes, GitHub allows 64"},
		{`"runner_name":"r"`, `"runner_name":"` + strings.Repeat("x", 64) + `"`, webhook.Queued, ""},

		{name, full("o", "o"), webhook.BadPayload, notAName},
		{name, full("/r", ""), webhook.BadPayload, notAName},
		{name, full("o/", "o"), webhook.BadPayload, notAName},
		{name, full("o/r/x", "o"), webhook.BadPayload, notAName},
		{name, full("o/..", "o"), webhook.BadPayload, notAName},
		{name, full("o/.", "o"), webhook.BadPayload, notAName},
		{name, full("../r", ".."), webhook.BadPayload, notAName},
		{name, full("-o/r", "-o"), webhook.BadPayload, notAName},
		{name, full("_o/r", "_o"), webhook.BadPayload, notAName},
		{name, full("o.o/r", "o.o"), webhook.BadPayload, notAName},
		{name, full("o/r?x=1", "o"), webhook.BadPayload, notAName},
		{name, full("o/r%2f", "o"), webhook.BadPayload, notAName},
		{name, full("o/r\\n", "o"), webhook.BadPayload, notAName},
		{name, full("o /r", "o "), webhook.BadPayload, notAName},
		{name, full("ö/r", "ö"), webhook.BadPayload, notAName},
		{name, full("о/r", "о"), webhook.BadPayload, notAName}, // a Cyrillic o
		{name, full(strings.Repeat("o", 40)+"/r", strings.Repeat("o", 40)), webhook.BadPayload, notAName},
		{name, full("o/"+strings.Repeat("r", 101), "o"), webhook.BadPayload, notAName},
		{name, full("o/"+strings.Repeat("r", 900_000), "o"), webhook.BadPayload, notAName},
		{name, full("p/r", "o"), webhook.BadPayload, `repository.full_name is "p/r", its owner is "o"`},
		{name, full("O/r", "o"), webhook.BadPayload, `repository.full_name is "O/r", its owner is "o"`},
		{name, full("o/r", strings.Repeat("o", 900_000)), webhook.BadPayload, "its owner is"},
		{name, full("e_m-u/r.x_y", "e_m-u"), webhook.Queued, ""},
		{name, full("o/.github", "o"), webhook.Queued, ""},
		{name, full(strings.Repeat("o", 39)+"/"+strings.Repeat("r", 100), strings.Repeat("o", 39)), webhook.Queued, ""},

		{`,"installation":{"id":5}`, ``, webhook.IgnoredNoInstallation, ""},
		{`{"id":5}`, `{}`, webhook.BadPayload, "installation.id is 0"},

		{`"2026-01-01T00:00:00Z"`, `""`, webhook.BadPayload, "workflow_job.created_at is"},
		{`"2026-01-01T00:00:00Z"`, `"yesterday"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01 00:00:00Z"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T24:00:00Z"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00+99:00"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"` + strings.Repeat("9", 900_000) + `"`, webhook.BadPayload, "it has to be a time of RFC 3339"},
		{`"2026-01-01T00:00:00Z"`, `"9999-12-31T23:59:59-23:00"`, webhook.BadPayload, "more than 10m0s ahead"},
		{`"2026-01-01T00:00:00Z"`, `"0000-01-01T00:00:00+23:00"`, webhook.BadPayload, "long before there was GitHub"},
		{`"2026-01-01T00:00:00Z"`, `"1969-12-31T23:59:59Z"`, webhook.BadPayload, "long before there was GitHub"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T01:00:00+01:00"`, webhook.Queued, ""},
	} {
		test.test(t)
	}
}

// The log is one line, and short, however much of nonsense was sent.
func TestNonsenseIsLoggedInShort(t *testing.T) {
	long := strings.Repeat("x", 500_000)
	for _, test := range []hostile{
		{`"o/r"`, `"` + long + `"`, webhook.BadPayload, ""},
		{`"login":"o"`, `"login":"` + long + `"`, webhook.BadPayload, ""},
		{`["mayfly"]`, `["mayfly","` + long + `"]`, webhook.BadPayload, ""},
		{`"id":7`, `"id":` + strings.Repeat("7", 500_000), webhook.BadPayload, ""},
		{`"action"`, `"` + long + `":1,"` + long + `":2,"action"`, webhook.BadJSON, ""},
		{`"in_progress","workflow_job"`, `"` + long + `","workflow_job"`, webhook.IgnoredAction, ""},
	} {
		p := newParty(t)
		p.post([]byte(strings.Replace(small, test.old, test.new, 1)))
		if got := p.log.Len(); got > 1500 {
			t.Errorf("%s: got a line of %d bytes, want at most 1,500", test.old, got)
		}
	}
}

// What people read is kept as far as it fits into a message, and without what moves a cursor.
func TestNamesAreCutAndCleaned(t *testing.T) {
	for sent, want := range map[string]string{
		`build`: "build", `\u001b[2Jbuild\r\n`: "[2Jbuild", `\u0000\u009b`: "",
		strings.Repeat("é", 300): strings.Repeat("é", 128), "x" + strings.Repeat("é", 300): "x" + strings.Repeat("é", 127),
	} {
		p := newParty(t)
		p.post([]byte(strings.Replace(small, "build", sent, 1)))
		if len(p.sent) != 1 || p.sent[0].Job.Name != want {
			t.Errorf("%.20q: got %+v, want %q", sent, p.sent, want)
		}
	}
}

// How old a job is matters only while it waits; and whether it waits is its status's to say.
func TestAgeAndStatus(t *testing.T) {
	ago := func(age time.Duration) string { return time.Now().Add(-age).UTC().Format(time.RFC3339) }
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		action, status, created string
		want                    webhook.Outcome
		event                   runner.JobEvent // its action, and whether it is old
	}{
		"queued":                         {"queued", "queued", ago(0), webhook.Queued, runner.JobEvent{Action: "queued"}},
		"queued for almost a day":        {"queued", "queued", ago(day - time.Minute), webhook.Queued, runner.JobEvent{Action: "queued"}},
		"queued for more than a day":     {"queued", "queued", ago(day + time.Minute), webhook.Queued, runner.JobEvent{Action: "queued", Old: true}},
		"waiting for more than a day":    {"waiting", "waiting", ago(day + time.Minute), webhook.Queued, runner.JobEvent{Action: "waiting", Old: true}},
		"running for more than a day":    {"in_progress", "in_progress", ago(day + time.Minute), webhook.Queued, runner.JobEvent{Action: "in_progress"}},
		"completed after a year":         {"completed", "completed", ago(366 * day), webhook.Queued, runner.JobEvent{Action: "completed"}},
		"queued, by a clock ahead":       {"queued", "queued", ago(-9 * time.Minute), webhook.Queued, runner.JobEvent{Action: "queued"}},
		"queued, by a clock too far off": {"queued", "queued", ago(-11 * time.Minute), webhook.BadPayload, runner.JobEvent{}},
		"running, by such a clock":       {"in_progress", "in_progress", ago(-11 * time.Minute), webhook.BadPayload, runner.JobEvent{}},
		"queued, nobody knows since":     {"queued", "queued", "", webhook.BadPayload, runner.JobEvent{}},
		"waiting, nobody knows since":    {"waiting", "waiting", "", webhook.BadPayload, runner.JobEvent{}},
		"running, nobody knows since":    {"in_progress", "in_progress", "", webhook.Queued, runner.JobEvent{Action: "in_progress"}},
		"queued, but waiting":            {"queued", "waiting", ago(0), webhook.Queued, runner.JobEvent{Action: "waiting"}},
		"waiting, but queued":            {"waiting", "queued", ago(0), webhook.Queued, runner.JobEvent{Action: "queued"}},
		"queued, but completed":          {"queued", "completed", ago(0), webhook.Queued, runner.JobEvent{Action: "queued"}},
		"running, but queued":            {"in_progress", "queued", ago(0), webhook.Queued, runner.JobEvent{Action: "in_progress"}},
		"completed, but waiting":         {"completed", "waiting", ago(0), webhook.Queued, runner.JobEvent{Action: "completed"}},
	} {
		body := strings.NewReplacer(`"action":"in_progress"`, `"action":"`+test.action+`"`, `"status":"in_progress"`, `"status":"`+test.status+`"`,
			`,"created_at":"2026-01-01T00:00:00Z"`, map[bool]string{true: "", false: `,"created_at":"` + test.created + `"`}[test.created == ""]).Replace(small)
		p := newParty(t)
		p.want(t, name, p.post([]byte(body)), test.want, "")
		if len(p.sent) == 1 && (p.sent[0].Job.Action != test.event.Action || p.sent[0].Job.Old != test.event.Old) {
			t.Errorf("%s: got %+v, want %+v", name, p.sent[0].Job, test.event)
		}
	}
}
