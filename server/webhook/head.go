package webhook

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// head is what a request's header tells. An empty signature is none.
type head struct {
	event     string
	delivery  string
	signature string
}

// word is what GitHub's event names and delivery ids look like. Both are logged, and neither is signed.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// readHead judges a request by its header alone, before any of its body is read. What the signature
// is worth is found out later, with the body: a missing or malformed one costs the same time as a wrong one.
func readHead(r *http.Request, maxBody int64) (head, *answer) {
	if refused := checkContent(r); refused != nil {
		return head{}, refused
	}
	event, errEvent := only(r, "X-GitHub-Event")
	delivery, errDelivery := only(r, "X-GitHub-Delivery")
	signature, errSignature := only(r, "X-Hub-Signature-256")
	if len(r.Header.Values("X-Hub-Signature-256")) == 0 {
		errSignature = nil
	}
	if err := errors.Join(errSignature, errEvent, errDelivery); err != nil {
		return head{}, &answer{BadHeader, err}
	}
	if !word.MatchString(event) || !word.MatchString(delivery) {
		return head{}, &answer{BadHeader, errors.New("X-GitHub-Event or X-GitHub-Delivery is not one word")}
	}
	if r.ContentLength > maxBody {
		return head{}, &answer{TooLarge, nil}
	}
	return head{event: event, delivery: delivery, signature: signature}, nil
}

// checkContent sees that the body is JSON, as it is.
func checkContent(r *http.Request) *answer {
	contentType, err := only(r, "Content-Type")
	if err != nil {
		return &answer{BadHeader, err}
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return &answer{BadContentType, err}
	}
	for _, encoding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return &answer{BadContentEncoding, nil}
		}
	}
	return nil
}

// only is the value of a header that has to be there exactly once.
func only(r *http.Request, name string) (string, error) {
	values := r.Header.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("header %s is there %d times, once is expected", name, len(values))
	}
	return values[0], nil
}
