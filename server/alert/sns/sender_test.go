package sns_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/server/alert/sns"
)

const topic = "arn:aws:sns:us-east-1:1:alerts"

// wire keeps what was published, and answers with a status.
type wire struct {
	status    int
	published []url.Values
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	w.published = append(w.published, form)
	answer := `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`
	return &http.Response{StatusCode: w.status, Header: http.Header{}, Request: request, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

func (w *wire) sender(stack string) *sns.Sender {
	return sns.New(aws.Config{Region: "us-east-1", Credentials: awstest.Credentials, HTTPClient: w}, topic, stack)
}

func TestAnAlertIsWhatSNSTakes(t *testing.T) {
	for what, test := range map[string]struct {
		stack, text, subject string
		length               int
	}{
		"a short one":                         {"prod", "jobs wait\nfor you", "Mayfly: prod needs you", 17},
		"a long one":                          {"prod", strings.Repeat("x", 300<<10), "Mayfly: prod needs you", 256 << 10},
		"a long one, cut within a character":  {"prod", "x" + strings.Repeat("é", 300<<10), "Mayfly: prod needs you", 256<<10 - 1},
		"a stack with a long name":            {strings.Repeat("s", 120), "text", "Mayfly: " + strings.Repeat("s", 91), 4},
		"a stack whose name is not all ASCII": {"pröd\n", "text", "Mayfly: prd needs you", 4},
	} {
		w := &wire{status: http.StatusOK}
		if err := w.sender(test.stack).Send(t.Context(), test.text); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		sent := w.published[0]
		if got := sent.Get("Subject"); got != test.subject {
			t.Errorf("%s: got subject %q, want %q", what, got, test.subject)
		}
		if got := sent.Get("Message"); len(got) != test.length || !utf8.ValidString(got) {
			t.Errorf("%s: got a message of %d bytes, want %d, in UTF-8", what, len(got), test.length)
		}
		if got := sent.Get("TopicArn"); got != topic {
			t.Errorf("%s: got topic %q, want %q", what, got, topic)
		}
	}
}

func TestAnAlertThatIsNotTakenIsAnErrorThatNamesTheTopicInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, began := &wire{status: http.StatusInternalServerError}, time.Now()
		err := w.sender("prod").Send(t.Context(), "text")
		if err == nil || !strings.Contains(err.Error(), topic) {
			t.Errorf("got error %v, want one that names the topic", err)
		}
		if got := time.Since(began); got > 5*time.Second {
			t.Errorf("it took %v, want 5s at most", got)
		}
	})
}
