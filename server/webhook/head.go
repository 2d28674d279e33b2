package webhook

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// head is what a request's header tells.
type head struct {
	event     string
	delivery  string
	signature []byte
}

// word is what GitHub's event names and delivery ids look like. Both are logged, and neither is signed.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// readHead judges a request by its header alone, before any of its body is read.
func readHead(r *http.Request, maxBody int64) (head, *answer) {
	contentType, err := only(r, "Content-Type")
	if err != nil {
		return head{}, &answer{http.StatusBadRequest, "bad_header", err}
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return head{}, &answer{http.StatusUnsupportedMediaType, "bad_content_type", err}
	}
	for _, encoding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return head{}, &answer{http.StatusUnsupportedMediaType, "bad_content_encoding", nil}
		}
	}
	h, refused := readNames(r)
	if refused != nil {
		return head{}, refused
	}
	if r.ContentLength > maxBody {
		return head{}, &answer{http.StatusRequestEntityTooLarge, "too_large", nil}
	}
	return h, nil
}

// readNames reads GitHub's own headers.
func readNames(r *http.Request) (head, *answer) {
	var h head
	signed, errSignature := only(r, "X-Hub-Signature-256")
	event, errEvent := only(r, "X-GitHub-Event")
	delivery, errDelivery := only(r, "X-GitHub-Delivery")
	if len(r.Header.Values("X-Hub-Signature-256")) == 0 {
		return head{}, &answer{http.StatusUnauthorized, "no_signature", nil}
	}
	if err := errors.Join(errSignature, errEvent, errDelivery); err != nil {
		return head{}, &answer{http.StatusBadRequest, "bad_header", err}
	}
	if !word.MatchString(event) || !word.MatchString(delivery) {
		return head{}, &answer{http.StatusBadRequest, "bad_header", errors.New("X-GitHub-Event or X-GitHub-Delivery is not one word")}
	}
	sum, ok := signature(signed)
	if !ok {
		return head{}, &answer{http.StatusUnauthorized, "bad_signature", nil}
	}
	h.event, h.delivery, h.signature = event, delivery, sum
	return h, nil
}

// only is the value of a header that has to be there exactly once.
func only(r *http.Request, name string) (string, error) {
	values := r.Header.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("header %s is there %d times, once is expected", name, len(values))
	}
	return values[0], nil
}
