package webhook_test

import (
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mayfly-ci/mayfly/server/webhook"
)

// small is a payload of a job for us with nothing in it that is not read. It has run for long, so that
// its age does not matter.
const small = `{"action":"in_progress","workflow_job":{"id":7,"run_id":8,"run_attempt":2,"name":"build","workflow_name":"CI",` +
	`"status":"in_progress","labels":["mayfly"],"runner_name":"r","conclusion":"c","created_at":"2026-01-01T00:00:00Z"},` +
	`"repository":{"id":9,"full_name":"o/r","owner":{"login":"o"}},"installation":{"id":5}}`

// hostile is a payload that differs from the small one in one place, and what becomes of it.
type hostile struct {
	old, new string
	want     webhook.Outcome
	words    string // that the log line's error has
}

func (h hostile) test(t *testing.T) {
	t.Helper()
	body := strings.Replace(small, h.old, h.new, 1)
	if body == small {
		t.Errorf("%q is not in the small payload", h.old)
	}
	p := newParty(t)
	p.want(t, short(h.old)+" as "+short(h.new), p.post([]byte(body)), h.want, h.words)
}

func short(text string) string { return text[:min(len(text), 60)] }

func TestTheSmallPayloadIsTaken(t *testing.T) {
	p := newParty(t)
	p.want(t, "small", p.post([]byte(small)), webhook.Queued, "")
}

// Texts that are no payload, whatever they would say if they were.
func TestATextThatIsNoPayload(t *testing.T) {
	wide := func(order binary.AppendByteOrder) string {
		var body []byte
		for _, unit := range utf16.Encode([]rune("\uFEFF" + small)) {
			body = order.AppendUint16(body, unit)
		}
		return string(body)
	}
	nested := func(open, inside, shut string, depth int) string {
		return strings.Repeat(open, depth) + inside + strings.Repeat(shut, depth)
	}
	const invalid, twice = "payload is not valid JSON, at byte ", " twice in one object"
	for _, test := range []hostile{
		{small, ``, webhook.BadJSON, invalid},
		{small, ` `, webhook.BadJSON, invalid},
		{small, `{`, webhook.BadJSON, invalid},
		{small, `}`, webhook.BadJSON, invalid},
		{small, `nul`, webhook.BadJSON, invalid},
		{small, `NaN`, webhook.BadJSON, invalid},
		{small, "\x00", webhook.BadJSON, invalid},
		{small, `null`, webhook.BadPayload, "payload is null"},
		{small, `true`, webhook.BadPayload, "payload is of the wrong type"},
		{small, `7`, webhook.BadPayload, "payload is of the wrong type"},
		{small, `"workflow_job"`, webhook.BadPayload, "payload is of the wrong type"},
		{small, `[]`, webhook.BadPayload, "payload is of the wrong type"},
		{small, `{}`, webhook.BadPayload, "action is missing"},
		{small, `[` + small + `]`, webhook.BadPayload, "payload is of the wrong type"},
		{small, `payload=` + small, webhook.BadJSON, invalid},
		{small, "\uFEFF" + small, webhook.BadJSON, invalid},
		{small, wide(binary.LittleEndian), webhook.BadJSON, invalid},
		{small, wide(binary.BigEndian), webhook.BadJSON, invalid},
		{small, "\x1f\x8b\x08" + small, webhook.BadJSON, invalid},
		{small, ")]}'\n" + small, webhook.BadJSON, invalid},
		{small, small + `x`, webhook.BadJSON, "payload has more after its end, at byte"},
		{small, small + small, webhook.BadJSON, "payload has more after its end"},
		{small, small + "\n{}", webhook.BadJSON, "payload has more after its end"},
		{small, small + ",", webhook.BadJSON, "payload has more after its end"},
		{small, small + "\x00", webhook.BadJSON, "payload has more after its end"},
		{small, small[:len(small)-1], webhook.BadJSON, invalid},
		{small, small[:len(small)/2], webhook.BadJSON, invalid},
		{`{"id":5}}`, `{"id":5},}`, webhook.BadJSON, invalid},
		{`["mayfly"]`, `["mayfly",]`, webhook.BadJSON, invalid},
		{`["mayfly"]`, `["mayfly" "x"]`, webhook.BadJSON, invalid},
		{`["mayfly"]`, `['mayfly']`, webhook.BadJSON, invalid},
		{`["mayfly"]`, `["mayfly"}`, webhook.BadJSON, invalid},
		{`"action"`, `action`, webhook.BadJSON, invalid},
		{`"action":`, `"action"=`, webhook.BadJSON, invalid},
		{`"action":`, `/* c */"action":`, webhook.BadJSON, invalid},
		{`"action":`, "// c\n\"action\":", webhook.BadJSON, invalid},
		{`"action":`, `7:8,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `null:8,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":undefined,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":TRUE,"action":`, webhook.BadJSON, invalid},

		// numbers that are none, where they are not read either
		{`"action":`, `"x":01,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":+1,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":.5,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":5.,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":0x10,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":1_000,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":1e,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":--1,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":NaN,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":Infinity,"action":`, webhook.BadJSON, invalid},
		{`"action":`, `"x":-Infinity,"action":`, webhook.BadJSON, invalid},

		// strings that are none
		{`"build"`, "\"a\nb\"", webhook.BadJSON, invalid},
		{`"build"`, "\"a\x00b\"", webhook.BadJSON, invalid},
		{`"build"`, "\"\x1b[2J\"", webhook.BadJSON, invalid},
		{`"build"`, "\"\xff\"", webhook.BadJSON, invalid},
		{`"build"`, "\"\xc0\xaf\"", webhook.BadJSON, invalid},         // a slash in two bytes
		{`"build"`, "\"\xed\xa0\x80\"", webhook.BadJSON, invalid},     // a surrogate in UTF-8
		{`"build"`, "\"\xf4\x90\x80\x80\"", webhook.BadJSON, invalid}, // beyond Unicode
		{`"build"`, "\"\xe2\x82\"", webhook.BadJSON, invalid},         // half a character
		{`"build"`, `"\ud800"`, webhook.BadJSON, invalid},
		{`"build"`, `"\udc00"`, webhook.BadJSON, invalid},
		{`"build"`, `"\ud800\ud800"`, webhook.BadJSON, invalid},
		{`"build"`, `"\udc00\ud800"`, webhook.BadJSON, invalid},
		{`"build"`, `"\ud800x"`, webhook.BadJSON, invalid},
		{`"build"`, `"\x41"`, webhook.BadJSON, invalid},
		{`"build"`, `"\u12"`, webhook.BadJSON, invalid},
		{`"build"`, `"\u{41}"`, webhook.BadJSON, invalid},
		{`"build"`, `"\'"`, webhook.BadJSON, invalid},
		{`"build"`, `"build`, webhook.BadJSON, invalid},
		{`"action":`, `"\ud800":1,"action":`, webhook.BadJSON, invalid},
		{`"action":`, "\"\xff\":1,\"action\":", webhook.BadJSON, invalid},
		{`"action":`, `"sender":{"login":"\udfff"},"action":`, webhook.BadJSON, invalid},

		// names that are there twice
		{`{"action"`, `{"action":"queued","action"`, webhook.BadJSON, `payload has the name "action"` + twice},
		{`{"action"`, `{"workflow_job":null,"action"`, webhook.BadJSON, `payload has the name "workflow_job"` + twice},
		{`{"action"`, `{"installation":{"id":6},"action"`, webhook.BadJSON, `payload has the name "installation"` + twice},
		{`{"action"`, `{"x":1,"x":1,"action"`, webhook.BadJSON, `payload has the name "x"` + twice},
		{`{"action"`, `{"":1,"":1,"action"`, webhook.BadJSON, `payload has the name ""` + twice},
		{`{"action"`, `{"\u0061ction":"queued","action"`, webhook.BadJSON, `payload has the name "action"` + twice},
		{`{"action"`, `{"sender":{"id":1,"id":2},"action"`, webhook.BadJSON, `payload has the name "id"` + twice},
		{`{"action"`, `{"x":[{"y":{"id":1,"i\u0064":2}}],"action"`, webhook.BadJSON, `payload has the name "id"` + twice},
		{`"id":7`, `"id":6,"id":7`, webhook.BadJSON, `workflow_job has the name "id"` + twice},
		{`"id":7`, `"id":7,"id":7`, webhook.BadJSON, `workflow_job has the name "id"` + twice},
		{`"id":7`, `"\u0069d":6,"id":7`, webhook.BadJSON, `workflow_job has the name "id"` + twice},
		{`"id":7`, `"labels":[],"id":7`, webhook.BadJSON, `workflow_job has the name "labels"` + twice},
		{`"id":7`, `"steps":[{"name":1,"name":2}],"id":7`, webhook.BadJSON, `payload has the name "name"` + twice},
		{`"id":9`, `"id":9,"id":10`, webhook.BadJSON, `repository has the name "id"` + twice},
		{`"id":9`, `"full_name":"p/r","id":9`, webhook.BadJSON, `repository has the name "full_name"` + twice},
		{`"login":"o"`, `"login":"o","login":"p"`, webhook.BadJSON, `repository.owner has the name "login"` + twice},
		{`"id":5`, `"id":5,"id":6`, webhook.BadJSON, `installation has the name "id"` + twice},

		// names in another case, which encoding/json takes for the same
		{`"action"`, `"ACTION":"queued","action"`, webhook.BadJSON, `payload has the name "ACTION", which is "action" in another case`},
		{`"action"`, `"Action"`, webhook.BadJSON, `payload has the name "Action"`},
		{`"action"`, `"act\u0049on"`, webhook.BadJSON, `payload has the name "actIon"`},
		{`"action"`, `"x":1,"X":2,"action"`, webhook.BadJSON, `payload has the name "X", which is "x"`},
		{`"action"`, `"é":1,"É":2,"action"`, webhook.BadJSON, `payload has the name "É", which is "é"`},
		{`"workflow_job"`, `"WORKFLOW_JOB"`, webhook.BadJSON, `payload has the name "WORKFLOW_JOB"`},
		{`"workflow_job"`, `"WORKFLOW_JOB":{"ID":7},"workflow_job"`, webhook.BadJSON, `payload has the name "WORKFLOW_JOB"`},
		{`"workflow_job"`, "\"wor\u212aflow_job\":{},\"workflow_job\"", webhook.BadJSON, `which is "workflow_job" in another case`}, // the Kelvin sign
		{`"repository"`, "\"repo\u017fitory\"", webhook.BadJSON, `which is "repository" in another case`},                           // the long s
		{`"installation"`, `"Installation"`, webhook.BadJSON, `payload has the name "Installation"`},
		{`"id":7`, `"ID":7`, webhook.BadJSON, `workflow_job has the name "ID"`},
		{`"labels"`, `"Labels":[],"labels"`, webhook.BadJSON, `workflow_job has the name "Labels"`},
		{`"runner_name"`, `"Runner_Name"`, webhook.BadJSON, `workflow_job has the name "Runner_Name"`},
		{`"id":9`, `"id":9,"Id":10`, webhook.BadJSON, `repository has the name "Id"`},
		{`"full_name"`, `"FULL_NAME":"p/r","full_name"`, webhook.BadJSON, `repository has the name "FULL_NAME"`},
		{`"login":"o"`, `"login":"o","LOGIN":"p"`, webhook.BadJSON, `repository.owner has the name "LOGIN"`},
		{`"id":5`, `"iD":5`, webhook.BadJSON, `installation has the name "iD"`},

		// depth
		{`{"action"`, `{"x":` + nested(`[`, ``, `]`, 32) + `,"action"`, webhook.BadJSON, "payload is nested more than 32 deep"},
		{`{"action"`, `{"x":` + nested(`{"x":`, `1`, `}`, 32) + `,"action"`, webhook.BadJSON, "payload is nested more than 32 deep"},
		{`{"action"`, `{"x":` + nested(`[`, ``, ``, 100_000) + `,"action"`, webhook.BadJSON, "payload is nested more than 32 deep"},
		{`{"action"`, `{"x":` + nested(`[{"x":`, ``, ``, 100_000) + `,"action"`, webhook.BadJSON, "payload is nested more than 32 deep"},
		{small, nested(`[`, ``, `]`, 500_000), webhook.BadJSON, "payload is nested more than 32 deep"},
		{small, nested(`{"action":`, ``, ``, 50_000), webhook.BadJSON, "payload is nested more than 32 deep"},
	} {
		test.test(t)
	}
}

// What is odd and means one thing to everybody is taken.
func TestAPayloadMayBeWrittenOddly(t *testing.T) {
	for _, test := range []hostile{
		{small, " \t\r\n" + small + "\n\n", webhook.Queued, ""},
		{`"action"`, `"\u0061ction"`, webhook.Queued, ""},
		{`"mayfly"`, `"m\u0061yfly"`, webhook.Queued, ""},
		{`"build"`, `"\ud83d\ude00"`, webhook.Queued, ""},
		{`{"action"`, `{"NEW":1,"new_too":{"id":1,"ID":2},"action"`, webhook.Queued, ""},
		{`{"action"`, `{"x":` + strings.Repeat(`[`, 31) + strings.Repeat(`]`, 31) + `,"action"`, webhook.Queued, ""},
		{`{"action"`, `{"x":-1.5e+300,"y":1e999,"action"`, webhook.Queued, ""},
		{`{"action"`, `{"x":"` + strings.Repeat("long", 100_000) + `","action"`, webhook.Queued, ""},
	} {
		test.test(t)
	}
}

// What is signed and not for the stage is not even read.
func TestAnotherEventMaySayAnything(t *testing.T) {
	for _, body := range []string{"", "null", `{"action":1,"action":2}`, "\xff"} {
		p := newParty(t)
		got := p.post([]byte(body), func(r *http.Request) { r.Header.Set("X-GitHub-Event", "ping") })
		p.want(t, body, got, webhook.IgnoredEvent, "")
	}
}
