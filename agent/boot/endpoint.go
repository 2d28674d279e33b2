package boot

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// DefaultEndpoint is where EC2's instance metadata is.
// Source: docs.aws.amazon.com, EC2 User Guide, "Access instance metadata for an EC2 instance".
const DefaultEndpoint = "http://169.254.169.254"

var (
	metadataIPv4 = netip.MustParseAddr("169.254.169.254")
	metadataIPv6 = netip.MustParseAddr("fd00:ec2::254")
)

// Endpoint is where the agent asks for its metadata, and with it for its credentials and its
// orders. An environment can name one, so only EC2's own two addresses and this machine are taken.
type Endpoint struct {
	URL  string
	Real bool // one of EC2's own addresses, so whoever answers there is EC2
}

// ParseEndpoint reads an endpoint; empty is [DefaultEndpoint].
func ParseEndpoint(text string) (Endpoint, error) {
	if text == "" {
		text = DefaultEndpoint
	}
	refused := fmt.Errorf("AWS_EC2_METADATA_SERVICE_ENDPOINT is %q: use http:// with 169.254.169.254, [fd00:ec2::254] or a loopback address, and nothing after it", text)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return Endpoint{}, refused
	}
	address, err := netip.ParseAddr(u.Hostname())
	if err != nil || address.Zone() != "" {
		return Endpoint{}, refused
	}
	isReal := address == metadataIPv4 || address == metadataIPv6
	if !isReal && !address.IsLoopback() {
		return Endpoint{}, refused
	}
	return Endpoint{URL: "http://" + u.Host, Real: isReal}, nil
}
