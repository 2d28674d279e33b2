package door

import (
	"fmt"
	"net/netip"
)

// hook is where in a packet's way a rule stands.
type hook string

const (
	// output is what this machine sends, containers with the host's network included.
	output hook = "output"
	// prerouting is what comes in through any interface: containers' packets, before anybody
	// translates or routes them. Docker's own chains stand later, and Docker may empty them.
	prerouting hook = "prerouting"
)

// only narrows what a rule is about.
type only string

const (
	everything   only = ""
	ofRoot       only = "meta skuid 0"                   // packets of sockets that root opened
	ofOthers     only = "meta l4proto 6 meta skuid != 0" // TCP of sockets that somebody else opened
	neighbours   only = "meta l4proto 58"                // ICMPv6, by which the address is found on the link
	fromAnywhere only = `meta iifname != "lo"`           // what did not come from this machine itself
)

// verdict is what becomes of a packet.
type verdict string

const (
	accept verdict = "accept"
	// reset answers TCP, so that what looks for the role's credentials sees at once that there are none.
	// The kernel does not hear of an ICMPv6 error until its connection has timed out.
	reset  verdict = "reject with tcp reset"
	reject verdict = "reject"
	drop   verdict = "drop"
)

// rule is one rule of nftables: packets to one address.
type rule struct {
	hook    hook
	to      netip.Addr
	only    only
	verdict verdict
}

// String is the rule as nft writes it.
func (r rule) String() string {
	family := "ip"
	if r.to.Is6() {
		family = "ip6"
	}
	narrowed := ""
	if r.only != everything {
		narrowed = " " + string(r.only)
	}
	return fmt.Sprintf("%s: %s daddr %s%s counter %s", r.hook, family, r.to, narrowed, r.verdict)
}

// tells says whether the packets that a rule counts are somebody's who tried the door.
func (r rule) tells() bool { return r.only == ofOthers || r.verdict == drop }

// rules are the door's, in order: what is root's is let through, and all else is not. That goes for
// what has no owner, too: a socket that the kernel opens for somebody, as for one of AF_SMC, has
// none. It is counted apart, for the last packet of each of root's own connections is the kernel's.
func rules() []rule {
	var all []rule
	for _, address := range addresses {
		all = append(all, rule{output, address, ofRoot, accept})
		if address.Is6() {
			all = append(all, rule{output, address, neighbours, accept})
		}
		all = append(all,
			rule{output, address, ofOthers, reset},
			rule{output, address, everything, reject},
			rule{prerouting, address, fromAnywhere, drop})
	}
	return all
}
