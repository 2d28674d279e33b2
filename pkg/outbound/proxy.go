package outbound

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// proxyFromEnvironment is the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY tell, in capitals or not,
// as they are now.
func proxyFromEnvironment() (func(*http.Request) (*url.URL, error), error) {
	told := httpproxy.FromEnvironment()
	for name, value := range map[string]string{"HTTPS_PROXY": told.HTTPSProxy, "HTTP_PROXY": told.HTTPProxy} {
		if !isProxy(value) { // not told: it might hold a password
			return nil, fmt.Errorf("%s: it is no URL of a proxy: give http://HOST:PORT, or unset it", name)
		}
	}
	through := told.ProxyFunc()
	return func(request *http.Request) (*url.URL, error) {
		if isLocal(request.URL.Hostname()) {
			return nil, nil
		}
		return through(request.URL)
	}, nil
}

// isProxy says whether a value is one that [httpproxy] takes: one that it does not, it ignores.
func isProxy(value string) bool {
	if value == "" {
		return true
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	proxy, err := url.Parse(value)
	return err == nil && proxy.Hostname() != "" && (proxy.Scheme == "http" || proxy.Scheme == "https" || proxy.Scheme == "socks5")
}

// awsLocal is where AWS answers an instance or a container by IPv6, about itself alone.
// Source: docs.aws.amazon.com, "Access instance metadata for an EC2 instance": fd00:ec2::254.
var awsLocal = netip.MustParsePrefix("fd00:ec2::/32")

// isLocal says whether a host is this machine's own affair, its metadata for instance (169.254.169.254):
// through a proxy it would be the proxy's, and the proxy would see our credentials.
func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && (address.Unmap().IsLinkLocalUnicast() || awsLocal.Contains(address.WithZone("")))
}
