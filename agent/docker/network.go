package docker

import (
	"fmt"
	"net/netip"
	"strings"
)

const noHostNetwork = "leave out --network host: it reaches the instance's metadata as root"

// networkMode judges the network that a container begins with. Docker itself refuses the host's by
// another of its names.
// Source: github.com/moby/moby, daemon/container_operations.go: ErrConflictHostNetwork.
func networkMode(_ *Policy, name string, value any) error {
	text, is := value.(string)
	if value != nil && !is {
		return wrongType(name, "a string")
	}
	if strings.EqualFold(strings.TrimSpace(text), "host") {
		return &RefusedError{"host-namespaces", name + " is host", noHostNetwork}
	}
	return nil
}

// endpoints judges the names of the networks that a container is connected to.
func endpoints(p *Policy, name string, value any) error {
	networks, is := value.(object)
	if value != nil && !is {
		return wrongType(name, "an object")
	}
	for network := range networks.values {
		if err := networkMode(p, name, network); err != nil {
			return err
		}
	}
	return nil
}

// connect judges the network in the path of a call.
func (p *Policy) connect(c call) error {
	return networkMode(p, "the network", c.path[1])
}

// networkFields are those of a new network. A driver other than bridge puts containers on the wire beside
// the host, where its firewall does not see them.
var networkFields = known(
	free("Name", "CheckDuplicate", "EnableIPv4", "EnableIPv6", "Internal", "Attachable", "Options", "Labels"),
	among("network-driver", "use the driver bridge", "Driver", "bridge"),
	among("network-driver", "leave out --scope", "Scope", "local"),
	unset("network-driver", "leave it out", "Ingress", "ConfigOnly", "ConfigFrom"),
	within("IPAM", known(
		among("network-driver", "leave out --ipam-driver", "Driver", "default"),
		unset("network-driver", "leave out --ipam-opt", "Options"),
		[]field{{"Config", addresses}},
	)),
)

// createNetwork judges a new network.
func (p *Policy) createNetwork(c call) error {
	body, err := readBody(c)
	if err == nil {
		_, err = networkFields.judge(p, "", body)
	}
	return err
}

// private are the addresses that a network may have: its route on the host is more particular than any
// other, so one at 169.254.169.254 would be the agent's metadata.
// Source: RFC 1918, RFC 4193; docs.aws.amazon.com, EC2 User Guide: fd00:ec2::254 for the metadata.
var (
	private = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("fc00::/7"),
	}
	ofAWS = netip.MustParsePrefix("fd00:ec2::/32")
)

var subnetFields = known(free("Gateway", "AuxiliaryAddresses", "AuxAddress"), []field{{"Subnet", subnet}, {"IPRange", subnet}})

func addresses(p *Policy, name string, value any) error {
	list, is := value.([]any)
	if value != nil && !is {
		return wrongType(name, "a list")
	}
	for _, item := range list {
		pool, is := item.(object)
		if !is {
			return wrongType(name, "a list of objects")
		}
		if _, err := subnetFields.judge(p, name+".", pool); err != nil {
			return err
		}
	}
	return nil
}

func subnet(_ *Policy, name string, value any) error {
	text, is := value.(string)
	if value == nil || is && text == "" {
		return nil
	}
	asked, err := netip.ParsePrefix(text)
	for _, prefix := range private {
		if err == nil && prefix.Bits() <= asked.Bits() && prefix.Contains(asked.Addr()) && !asked.Overlaps(ofAWS) {
			return nil
		}
	}
	return &RefusedError{"subnets", fmt.Sprintf("%s is %.100q", name, fmt.Sprint(value)), "use one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7, and not AWS's fd00:ec2::/32"}
}
