package door

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// apiVersion is EC2's, of its query API.
const apiVersion = "2016-11-15"

// modify is one request to EC2, written by hand: EC2's SDK would make the agent three times as
// long, for this one call. An error that is passing may be gone a moment later.
func modify(ctx context.Context, client *http.Client, config Config) (passing bool, err error) {
	body := url.Values{
		"Action": {"ModifyInstanceMetadataOptions"}, "Version": {apiVersion},
		"InstanceId": {config.Instance}, "HttpEndpoint": {"disabled"},
	}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, apiURL(config.Region), strings.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return true, fmt.Errorf("read the role's credentials: %w", err)
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "ec2", config.Region, time.Now()); err != nil {
		return false, fmt.Errorf("sign the request: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return true, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return false, nil
	}
	return refusal(response)
}

// apiURL is EC2's API in a region.
// Source: docs.aws.amazon.com, AWS General Reference, "Amazon EC2 endpoints and quotas".
func apiURL(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return "https://ec2." + region + "." + domain + "/"
}

// refusal is EC2's error, in its own words.
func refusal(response *http.Response) (passing bool, err error) {
	var said struct {
		Code    string `xml:"Errors>Error>Code"`
		Message string `xml:"Errors>Error>Message"`
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 16<<10))
	_ = xml.Unmarshal(body, &said) // what it cannot be read from is told by its status alone
	err = fmt.Errorf("EC2 answered %s %s: %s", response.Status, said.Code, said.Message)
	if said.Code == "UnauthorizedOperation" {
		err = fmt.Errorf("%w; allow the runners' role ec2:ModifyInstanceMetadataOptions on its own instance, or set the door to %q", err, Agent)
	}
	return response.StatusCode >= 500 || said.Code == "RequestLimitExceeded", err
}
