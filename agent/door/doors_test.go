//go:build net

package door

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	everybody = `root at 169.254.169.254
runner at 169.254.169.254
runner by MPTCP at 169.254.169.254
container at 169.254.169.254
container's root at 169.254.169.254
root at fd00:ec2::254
runner at fd00:ec2::254
runner by MPTCP at fd00:ec2::254
container at fd00:ec2::254
container's root at fd00:ec2::254`
	rootAlone = `root at 169.254.169.254
root at fd00:ec2::254`
)

// close closes the door of an instance, with these rules.
func (i *instance) close(t testing.TB, mode Mode, with []rule) (err error) {
	t.Helper()
	i.in(t, i.machine, func() {
		err = shut(t.Context(), Config{Mode: mode, Runner: 1001}, machine{apply: func([]rule) error { return apply(with) }, reach: reach})
	})
	return err
}

func (i *instance) wantVisitors(t *testing.T, when, want string) {
	t.Helper()
	if got := i.visitors(t); got != want {
		t.Errorf("%s the metadata answers:\n%s\nwant\n%s", when, got, want)
	}
}

func TestTheDoorIsRootsAlone(t *testing.T) {
	i := newInstance(t)
	i.wantVisitors(t, "before,", everybody)
	if err := i.close(t, Open, rules()); err != nil {
		t.Fatal(err)
	}
	i.wantVisitors(t, "in mode open", everybody)
	for range 2 { // an agent that starts again closes it again
		if err := i.close(t, Agent, rules()); err != nil {
			t.Fatal(err)
		}
	}
	i.wantVisitors(t, "in mode agent", rootAlone)
	if got, want := strings.Count(i.run(t, i.machine, "nft list tables"), "mayfly"), 1; got != want {
		t.Errorf("tables of ours: got %d, want %d", got, want)
	}

	i.run(t, i.machine, "nft flush table ip nat", "nft flush table ip6 nat", "nft delete table ip nat", "nft delete table ip6 nat")
	i.nat(t)
	i.wantVisitors(t, "after Docker has emptied its chains and made them again", rootAlone)
}

func TestTheKernelHoldsTheRules(t *testing.T) {
	i := newInstance(t)
	if err := i.close(t, Agent, rules()); err != nil {
		t.Fatal(err)
	}
	want := `table inet mayfly {
	chain output {
		type filter hook output priority -310; policy accept;
		ip daddr 169.254.169.254 meta skuid 0 counter accept
		ip daddr 169.254.169.254 meta l4proto 6 meta skuid != 0 counter reject with tcp reset
		ip daddr 169.254.169.254 counter reject
		ip6 daddr fd00:ec2::254 meta skuid 0 counter accept
		ip6 daddr fd00:ec2::254 meta l4proto 58 counter accept
		ip6 daddr fd00:ec2::254 meta l4proto 6 meta skuid != 0 counter reject with tcp reset
		ip6 daddr fd00:ec2::254 counter reject
	}

	chain prerouting {
		type filter hook prerouting priority -310; policy accept;
		ip daddr 169.254.169.254 iifname != "lo" counter drop
		ip6 daddr fd00:ec2::254 iifname != "lo" counter drop
	}
}
`
	got := i.run(t, i.machine, "nft --stateless --numeric list table inet mayfly")
	if diff := cmp.Diff(want, strings.ReplaceAll(got, "meta iifname", "iifname")); diff != "" {
		t.Errorf("rules, want - got +:\n%s", diff)
	}
}

func TestWithoutAnyOfItsRulesTheDoorIsNotShut(t *testing.T) {
	i := newInstance(t)
	for n, missing := range rules() {
		if missing.verdict == reject || missing.verdict == reset {
			continue // one goes without the other: see TestTheAgentsOwnProbeFindsADoorThatIsNotShut, TestTheCountersTellOfThoseWhoTried
		}
		probe := i.close(t, Agent, slices.Delete(rules(), n, n+1))
		if got := i.visitors(t); got == rootAlone && probe == nil {
			t.Errorf("without %s: got that root alone is answered; this rule is for nothing, or not tested", missing)
		}
	}
}

func TestTheAgentsOwnProbeFindsADoorThatIsNotShut(t *testing.T) {
	i := newInstance(t)
	for _, address := range addresses {
		rest := slices.DeleteFunc(rules(), func(r rule) bool { return r.to == address && (r.verdict == reject || r.verdict == reset) })
		want := "uid 1001 reaches the metadata at " + address.String()
		if err := i.close(t, Agent, rest); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the rules that reject what goes to %s: got %v, want %q", address, err, want)
		}
	}
	rest := slices.DeleteFunc(rules(), func(r rule) bool { return r.only == ofRoot })
	if err := i.close(t, Agent, rest); err == nil || !strings.Contains(err.Error(), "root does not reach") {
		t.Errorf("without the rules for root: got %v, want that root does not reach it", err)
	}
}

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

// Beside it: what the same costs with the command of nftables.
func BenchmarkClose(b *testing.B) {
	i := newInstance(b)
	b.Run("the rules", func(b *testing.B) {
		i.in(b, i.machine, func() {
			for b.Loop() {
				if err := apply(rules()); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("the rules by nft", func(b *testing.B) {
		file := filepath.Join(b.TempDir(), "rules")
		text := "table inet mayfly\ndelete table inet mayfly\n" + i.run(b, i.machine, "nft list table inet mayfly")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		i.in(b, i.machine, func() {
			for b.Loop() {
				if err := exec.Command("nft", "-f", file).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("rules and probe", func(b *testing.B) {
		for b.Loop() {
			if err := i.close(b, Agent, rules()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
