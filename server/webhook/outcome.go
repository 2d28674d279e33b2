package webhook

import "net/http"

// Outcome is what became of a request: the value of a metric's label, and a word in the log.
type Outcome string

// The outcomes of a request, in the order in which they are looked for: the first that fits is it.
const (
	NotFound              Outcome = "not_found"
	BadMethod             Outcome = "bad_method"
	BadHeader             Outcome = "bad_header" // one that is missing, or there twice
	BadContentType        Outcome = "bad_content_type"
	BadContentEncoding    Outcome = "bad_content_encoding"
	TooLarge              Outcome = "too_large"
	Overload              Outcome = "overload"
	BadBody               Outcome = "bad_body"  // it broke off, or took too long
	NoSecret              Outcome = "no_secret" // we have none to judge it by, yet
	NoSignature           Outcome = "no_signature"
	BadSignature          Outcome = "bad_signature"
	IgnoredEvent          Outcome = "ignored_event"
	BadJSON               Outcome = "bad_json"
	IgnoredAction         Outcome = "ignored_action"
	BadPayload            Outcome = "bad_payload"
	IgnoredLabels         Outcome = "ignored_labels"
	IgnoredNoInstallation Outcome = "ignored_no_installation"
	IgnoredOwner          Outcome = "ignored_owner"
	NotQueued             Outcome = "not_queued"
	Queued                Outcome = "queued"
	Panicked              Outcome = "panic"
)

// Outcomes are all there are, each with the status that it is answered with. Whoever counts them can
// begin each at zero.
var Outcomes = map[Outcome]int{
	NotFound:              http.StatusNotFound,
	BadMethod:             http.StatusMethodNotAllowed,
	BadHeader:             http.StatusBadRequest,
	BadContentType:        http.StatusUnsupportedMediaType,
	BadContentEncoding:    http.StatusUnsupportedMediaType,
	TooLarge:              http.StatusRequestEntityTooLarge,
	Overload:              http.StatusServiceUnavailable,
	BadBody:               http.StatusBadRequest,
	NoSecret:              http.StatusServiceUnavailable,
	NoSignature:           http.StatusUnauthorized,
	BadSignature:          http.StatusUnauthorized,
	IgnoredEvent:          http.StatusOK,
	BadJSON:               http.StatusBadRequest,
	IgnoredAction:         http.StatusOK,
	BadPayload:            http.StatusBadRequest,
	IgnoredLabels:         http.StatusOK,
	IgnoredNoInstallation: http.StatusOK,
	IgnoredOwner:          http.StatusOK,
	NotQueued:             http.StatusServiceUnavailable,
	Queued:                http.StatusAccepted,
	Panicked:              http.StatusInternalServerError,
}

// answer ends a request. The error, if there is one, is for the log.
type answer struct {
	outcome Outcome
	err     error
}
