package webhook_test

import (
	"crypto/hmac"
	"crypto/sha1" // GitHub's older signature, which is not taken
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/server/webhook"
)

func TestARequestThatIsNotGitHubsIsRefused(t *testing.T) {
	body := ours(t)
	good := sign(current, body)
	digits := good[len("sha256="):]
	old := hmac.New(sha1.New, []byte(current))
	old.Write(body)
	const (
		kind, coding    = "Content-Type", "Content-Encoding"
		event, delivery = "X-GitHub-Event", "X-GitHub-Delivery"
		signature       = "X-Hub-Signature-256"
	)
	path := func(escaped string) func(*http.Request) {
		return func(r *http.Request) { r.URL, _ = url.Parse("http://server" + escaped) }
	}
	method := func(method string) func(*http.Request) { return func(r *http.Request) { r.Method = method } }
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   webhook.Outcome
	}{
		"as GitHub sends it":      {func(*http.Request) {}, webhook.Queued},
		"the previous secret":     {header(signature, sign(previous, body)), webhook.Queued},
		"a charset":               {header(kind, "application/json; charset=utf-8"), webhook.Queued},
		"a type in capitals":      {header(kind, "Application/JSON"), webhook.Queued},
		"identity encoding":       {header(coding, "identity"), webhook.Queued},
		"GitHub's other headers":  {header("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil))), webhook.Queued},
		"a query, of a proxy":     {path(webhook.Path + "?x=1"), webhook.Queued},
		"another path":            {path("/webhooks"), webhook.NotFound},
		"a path below":            {path(webhook.Path + "/x"), webhook.NotFound},
		"an escaped path":         {path("/webhooks%2Fgithub"), webhook.NotFound},
		"an escaped letter":       {path("/webhooks/githu%62"), webhook.NotFound},
		"a detour":                {path("/webhooks/../webhooks/github"), webhook.NotFound},
		"no path":                 {path(""), webhook.NotFound},
		"another path and method": {func(r *http.Request) { r.Method, r.URL.Path = http.MethodGet, "/" }, webhook.NotFound},
		"GET":                     {method(http.MethodGet), webhook.BadMethod},
		"PUT":                     {method(http.MethodPut), webhook.BadMethod},
		"OPTIONS":                 {method(http.MethodOptions), webhook.BadMethod},
		"post":                    {method("post"), webhook.BadMethod},

		"no content type":         {header(kind), webhook.BadHeader},
		"two content types":       {header(kind, "application/json", "application/json"), webhook.BadHeader},
		"an empty content type":   {header(kind, ""), webhook.BadContentType},
		"a form":                  {header(kind, "application/x-www-form-urlencoded"), webhook.BadContentType},
		"text":                    {header(kind, "text/plain"), webhook.BadContentType},
		"some kind of JSON":       {header(kind, "application/vnd.github+json"), webhook.BadContentType},
		"two types in one":        {header(kind, "application/json, text/plain"), webhook.BadContentType},
		"a broken content type":   {header(kind, "application/json; ="), webhook.BadContentType},
		"a charset twice":         {header(kind, "application/json; charset=utf-8; charset=utf-16"), webhook.BadContentType},
		"a compressed body":       {header(coding, "gzip"), webhook.BadContentEncoding},
		"an encoding of two":      {header(coding, "identity, gzip"), webhook.BadContentEncoding},
		"two encodings":           {header(coding, "identity", "br"), webhook.BadContentEncoding},
		"an empty encoding":       {header(coding, ""), webhook.BadContentEncoding},
		"a form, compressed":      {func(r *http.Request) { r.Header[kind], r.Header[coding] = []string{"x/y"}, []string{"gzip"} }, webhook.BadContentType},
		"a form, with no event":   {func(r *http.Request) { r.Header[kind] = []string{"x/y"}; r.Header.Del(event) }, webhook.BadContentType},
		"a form, not signed":      {func(r *http.Request) { r.Header[kind] = []string{"x/y"}; r.Header.Del(signature) }, webhook.BadContentType},
		"no event":                {header(event), webhook.BadHeader},
		"an empty event":          {header(event, ""), webhook.BadHeader},
		"two events":              {header(event, "ping", "ping"), webhook.BadHeader},
		"an event of two words":   {header(event, "workflow job"), webhook.BadHeader},
		"two events in one":       {header(event, "workflow_job,ping"), webhook.BadHeader},
		"an event with an escape": {header(event, "workflow_job\x1b[2J"), webhook.BadHeader},
		"no delivery":             {header(delivery), webhook.BadHeader},
		"an empty delivery":       {header(delivery, ""), webhook.BadHeader},
		"two deliveries":          {header(delivery, "a", "b"), webhook.BadHeader},
		"one delivery twice":      {header(delivery, deliveryID, deliveryID), webhook.BadHeader},
		"a delivery without end":  {header(delivery, strings.Repeat("a", 65)), webhook.BadHeader},
		"a delivery of lines":     {header(delivery, "a\nb"), webhook.BadHeader},
		"two signatures":          {header(signature, good, good), webhook.BadHeader},
		"two, and one is wrong":   {header(signature, good, "sha256="), webhook.BadHeader},
		"no event, not signed":    {func(r *http.Request) { r.Header.Del(event); r.Header.Del(signature) }, webhook.BadHeader},

		"no signature":       {header(signature), webhook.NoSignature},
		"an empty signature": {header(signature, ""), webhook.NoSignature},
		"sha1 alone": {func(r *http.Request) {
			header(signature)(r)
			header("X-Hub-Signature", "sha1="+hex.EncodeToString(old.Sum(nil)))(r)
		}, webhook.NoSignature},
		"sha1 in its place":         {header(signature, "sha1="+hex.EncodeToString(old.Sum(nil))), webhook.BadSignature},
		"sha256 called sha1":        {header(signature, "sha1="+digits), webhook.BadSignature},
		"sha256 called SHA256":      {header(signature, "SHA256="+digits), webhook.BadSignature},
		"no scheme":                 {header(signature, digits), webhook.BadSignature},
		"a scheme alone":            {header(signature, "sha256="), webhook.BadSignature},
		"upper-case digits":         {header(signature, "sha256="+strings.ToUpper(digits)), webhook.BadSignature},
		"half a signature":          {header(signature, good[:len(good)/2+3]), webhook.BadSignature},
		"one digit too few":         {header(signature, good[:len(good)-1]), webhook.BadSignature},
		"one digit too many":        {header(signature, good+"0"), webhook.BadSignature},
		"one digit that is none":    {header(signature, good[:len(good)-1]+"g"), webhook.BadSignature},
		"one digit changed":         {header(signature, good[:len(good)-1]+other(good[len(good)-1])), webhook.BadSignature},
		"a space before":            {header(signature, " "+good), webhook.BadSignature},
		"a space after":             {header(signature, good+" "), webhook.BadSignature},
		"two in one":                {header(signature, good+","+good), webhook.BadSignature},
		"a zero byte after":         {header(signature, good+"\x00"), webhook.BadSignature},
		"all zeros":                 {header(signature, "sha256="+strings.Repeat("0", 64)), webhook.BadSignature},
		"without end":               {header(signature, "sha256="+strings.Repeat("0", 10_000)), webhook.BadSignature},
		"another secret":            {header(signature, sign("another", body)), webhook.BadSignature},
		"an empty secret":           {header(signature, sign("", body)), webhook.BadSignature},
		"another body's signature":  {header(signature, sign(current, body[1:])), webhook.BadSignature},
		"not signed, another event": {func(r *http.Request) { header(signature)(r); header(event, "ping")(r) }, webhook.NoSignature},

		"a body that is announced too long": {func(r *http.Request) { r.ContentLength = webhook.DefaultMaxBody + 1 }, webhook.TooLarge},
		"too long, and not signed":          {func(r *http.Request) { header(signature)(r); r.ContentLength = 1 << 40 }, webhook.TooLarge},
		"a body that turns out too long": {func(r *http.Request) {
			r.ContentLength = -1
			r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", webhook.DefaultMaxBody+1)))
		}, webhook.TooLarge},
		"a body that breaks off": {func(r *http.Request) { r.Body = io.NopCloser(failingReader{}) }, webhook.BadBody},
	} {
		p := newParty(t)
		p.want(t, name, p.post(body, test.change), test.want, "")
	}
}

// other is another hexadecimal digit.
func other(digit byte) string {
	if digit == '0' {
		return "1"
	}
	return "0"
}

func TestABodyOfTheLongestLengthIsRead(t *testing.T) {
	body := ours(t)
	body = append(body, strings.Repeat(" ", webhook.DefaultMaxBody-len(body))...)
	p := newParty(t)
	p.want(t, "1 MiB", p.post(body), webhook.Queued, "")
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
