//go:build net

package door

import (
	"net"
	"regexp"
	"strings"
	"testing"
)

func TestTheCountersTellOfThoseWhoTried(t *testing.T) {
	i := newInstance(t)
	if err := i.close(t, Agent, rules()); err != nil {
		t.Fatal(err)
	}
	count := func() (packets uint64) {
		i.in(t, i.machine, func() {
			var err error
			if packets, err = Refused(); err != nil {
				t.Fatal(err)
			}
		})
		return packets
	}
	after := count() // the probe was refused, too
	for _, address := range addresses {
		i.visit(t, i.machine, 0, "tcp", address.String())
	}
	if got := count(); got != after {
		t.Errorf("after root's visits: got %d refused, want %d as before", got, after)
	}
	// The last packet of a connection that was closed here is sent when its socket is gone.
	rules := i.run(t, i.machine, "nft list chain inet mayfly output")
	for _, address := range addresses {
		ownerless := regexp.MustCompile(`daddr ` + address.String() + ` counter packets [1-9]\d* bytes \d+ reject`)
		if !ownerless.MatchString(rules) {
			t.Errorf("packets to %s that have no owner: want that they are refused, got\n%s", address, rules)
		}
	}
	for _, address := range addresses {
		for _, space := range []string{i.machine, i.container} {
			before := count()
			i.visit(t, space, 1001, "tcp", address.String())
			if got := count(); got <= before {
				t.Errorf("after one who may not reach %s: got %d refused, want more than the %d before", address, got, before)
			}
		}
	}
	i.run(t, i.machine, "nft flush chain inet mayfly output")
	i.in(t, i.machine, func() {
		if _, err := Refused(); err == nil || !strings.Contains(err.Error(), "somebody changed them") {
			t.Errorf("with a chain emptied: got %v, want an error that says so", err)
		}
	})
}

func TestAListenerInTheNetworkIsFound(t *testing.T) {
	i := newInstance(t)
	i.in(t, i.machine, func() {
		if err := Listeners(false); err != nil {
			t.Errorf("with none: %v", err)
		}
		for _, test := range []struct{ network, address, err string }{
			{"tcp4", "10.0.0.2:0", "tcp 10.0.0.2:"},
			{"tcp6", "[::]:0", "tcp6 [::]:"},
			{"tcp4", "127.0.0.1:0", ""},
		} {
			listener, err := net.Listen(test.network, test.address)
			if err != nil {
				t.Fatal(err)
			}
			err = Listeners(false)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "by door.test (pid ")) {
				t.Errorf("%s: got %v, want %q", listener.Addr(), err, test.err)
			}
			listener.Close()
		}
		packets, err := net.ListenPacket("udp4", "0.0.0.0:111")
		if err != nil {
			t.Fatal(err)
		}
		defer packets.Close()
		if err := Listeners(false); err == nil || !strings.Contains(err.Error(), "udp 0.0.0.0:111") {
			t.Errorf("UDP: got %v, want that it is found", err)
		}
	})
}
