package localcloud

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
)

// denial is S3's way to say no.
type denial struct {
	XMLName xml.Name `xml:"Error"`
	Status  int      `xml:"-"` // 403, if it is zero
	Code    string
	Message string
}

var (
	accessDenied = &denial{Code: "AccessDenied", Message: "Access Denied"}
	unknownKey   = &denial{Code: "InvalidAccessKeyId", Message: "The AWS Access Key Id you provided does not exist in our records."}
	badSignature = &denial{Code: "SignatureDoesNotMatch", Message: "The request signature we calculated does not match the signature you provided."}
	s3Down       = &denial{Code: "ServiceUnavailable", Message: "Service is unable to handle request.", Status: http.StatusServiceUnavailable}
)

func (d *denial) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(cmp.Or(d.Status, http.StatusForbidden))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(d)
}

// answer keeps an answer back until it is known whether it may be sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, status: http.StatusOK} }

func (a *answer) Header() http.Header            { return a.header }
func (a *answer) WriteHeader(status int)         { a.status = status }
func (a *answer) Write(body []byte) (int, error) { return a.body.Write(body) }

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}
