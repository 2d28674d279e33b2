package cloudtest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// body reads a JSON request.
func body(r *http.Request) map[string]any {
	told := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&told)
	return told
}

// result answers an operation of the query protocol.
func result(w io.Writer, operation, inner string) {
	_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", operation, inner)
}

// refuse answers with an error, in the form of the service's protocol.
func refuse(w http.ResponseWriter, service, code, message string) {
	status := http.StatusBadRequest
	if strings.Contains(code, "Denied") || strings.Contains(code, "Unauthorized") {
		status = http.StatusForbidden
	}
	w.WriteHeader(status)
	switch service {
	case "s3":
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, escaped(message))
	case "ec2":
		_, _ = fmt.Fprintf(w, "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors></Response>", code, escaped(message))
	case "cloudformation", "sts":
		_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, escaped(message))
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
	}
}

// element is an XML element with a text in it.
func element(name, text string) string { return "<" + name + ">" + escaped(text) + "</" + name + ">" }

func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text))
	return out.String()
}
