//go:build net

package door

import (
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
