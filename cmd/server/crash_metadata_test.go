//go:build crash

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// metadata is an instance's metadata service: version 2, as far as the agent asks.
// Source: docs.aws.amazon.com, EC2 User Guide, "Use the Instance Metadata Service".
type metadata struct {
	instance   string
	launchedAt time.Time
	userData   []byte
}

const session = "session-token" // of letters that EC2's have

func (m metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const role = "/latest/meta-data/iam/security-credentials/"
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
		_, _ = io.WriteString(w, session)
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != session:
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	case r.URL.Path == "/latest/user-data":
		_, _ = w.Write(m.userData)
	case r.URL.Path == "/latest/dynamic/instance-identity/document":
		writeDocument(w, map[string]any{"instanceId": m.instance, "region": "us-east-1", "pendingTime": m.launchedAt.UTC().Truncate(time.Second)})
	case r.URL.Path == role:
		_, _ = io.WriteString(w, "mayfly-runner")
	case r.URL.Path == role+"mayfly-runner":
		writeDocument(w, map[string]any{
			"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "example", "Token": "example",
			"LastUpdated": time.Now().UTC(), "Expiration": time.Now().Add(6 * time.Hour).UTC(),
		})
	default:
		http.NotFound(w, r)
	}
}

func writeDocument(w http.ResponseWriter, document any) {
	_ = json.NewEncoder(w).Encode(document) // whoever is gone needs no answer
}
