package localcloud

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// authenticate says who sent a request to S3: an instance, or nobody for the server. The signature
// covers the method, the path, the query, the signed headers and the body's digest, which is itself
// not compared with the body.
func (c *Cloud) authenticate(r *http.Request) (*instance, *denial) {
	signed, ok := parseAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return nil, accessDenied
	}
	holder, k, found := c.holder(signed.id)
	if !found {
		return nil, unknownKey
	}
	if !c.signedWith(k, signed.headers, r) {
		return nil, badSignature
	}
	return holder, nil
}

// holder is whose an access key is. An instance's is nobody's once the instance is terminated.
func (c *Cloud) holder(id string) (*instance, keys, bool) {
	if id == c.server.id {
		return nil, c.server, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.holders[id]
	if i == nil || i.state() == Terminated {
		return nil, keys{}, false
	}
	return i, i.keys, true
}

type authorization struct {
	id      string   // access key id
	headers []string // signed headers, lower-cased
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=<id>/<scope>, SignedHeaders=a;b, Signature=…".
func parseAuthorization(header string) (authorization, bool) {
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	id, _, slash := strings.Cut(fields["Credential"], "/")
	return authorization{id: id, headers: strings.Split(fields["SignedHeaders"], ";")}, ok && slash
}

// newSigner is S3's: the path is signed as it is sent. It remembers the keys that it has derived.
func newSigner() *v4.Signer {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}

// signedWith signs the request again and compares. The session token is one of the signed headers.
func (c *Cloud) signedWith(k keys, headers []string, r *http.Request) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again := &http.Request{Method: r.Method, Host: r.Host, Header: http.Header{}, URL: &url.URL{
		Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery,
	}}
	for _, name := range headers {
		switch name {
		case "host":
		case "content-length":
			again.ContentLength = r.ContentLength
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	err = c.signer.SignHTTP(r.Context(), aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, SessionToken: k.token},
		again, r.Header.Get("X-Amz-Content-Sha256"), "s3", c.config.Region, at)
	got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization")
	return err == nil && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
