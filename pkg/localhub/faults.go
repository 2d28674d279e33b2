package localhub

import "time"

// Fault is a kind of fault, by the name under which [Books] count it.
type Fault string

// The faults of webhooks.
const (
	WebhookLost       Fault = "webhook_lost"       // never sent, and in no list of deliveries
	WebhookFailed     Fault = "webhook_failed"     // listed as a delivery that failed
	WebhookDuplicated Fault = "webhook_duplicated" // sent more than once
	WebhookDelayed    Fault = "webhook_delayed"    // sent later, and so after others
	WebhookSenderOff  Fault = "webhook_sender_off" // lost, as all others at that time
)

// The faults of API calls. NoFault is the call's own answer.
const (
	NoFault        Fault = ""
	APIError       Fault = "api_5xx"          // 500
	APIBadGateway  Fault = "api_bad_gateway"  // 502, with a page of HTML
	APIAnswerLost  Fault = "api_answer_lost"  // done, but answered with 502
	APILimited     Fault = "api_limited"      // the secondary limit, with Retry-After
	APILimitedMute Fault = "api_limited_mute" // the secondary limit, without
	APITooMany     Fault = "api_too_many"     // 429
	APIUsedUp      Fault = "api_used_up"      // the hourly limit
	APIHung        Fault = "api_hung"         // no answer until the caller goes
	APIOutage      Fault = "api_outage"       // 503, as all others at that time
)

// The thefts. GitHub hands any job to any runner that has its labels, also to those of others.
const (
	RunnerStolen Fault = "runner_stolen" // by a job that is not ours
	JobStolen    Fault = "job_stolen"    // by a runner that is not ours
)

// Faults decide what goes wrong. Hooks are asked one at a time, and must not call the hub; one that is
// nil lets nothing go wrong.
type Faults struct {
	// Deliver says how a webhook is sent, once for every fate: [Fate]{} is as it should be, none loses it.
	Deliver func(Webhook) []Fate
	// Answer says how an API call is answered that is let in.
	Answer func(Call) Fault
	// StealRunner says whether a job that is not ours takes a runner that has just begun to listen.
	StealRunner func(RunnerEntry) bool
	// StealJob says whether, and how long after it was queued, a runner that is not ours takes a job
	// if it is still queued then.
	StealJob func(JobEntry) (after time.Duration, steal bool)

	SenderOff  []Span        // when no webhook is sent
	Outages    []Span        // when no API call is answered, and webhooks wait until the end
	RetryAfter time.Duration // of limits that tell, in whole seconds; 0 is a minute
}

// Webhook is a webhook that is to be sent.
type Webhook struct {
	GUID       string
	Event      string
	Action     string
	JobID      int64
	Redelivery bool // asked for by the deliveries' API
}

// Fate is what becomes of a webhook.
type Fate struct {
	After  time.Duration
	Failed bool // not sent, but listed as sent and failed
}

// Call is an API call.
type Call struct {
	Route        string // its pattern: "GET /repos/{owner}/{repo}/actions/runners"
	Path         string
	App          int64
	Installation int64 // 0 for calls of the App itself
}

// Span is a time, from the hub's beginning.
type Span struct {
	From, Until time.Duration
}
