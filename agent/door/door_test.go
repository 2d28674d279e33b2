package door

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheRules(t *testing.T) {
	var got []string
	for _, r := range rules() {
		got = append(got, r.String())
	}
	want := []string{
		"output: ip daddr 169.254.169.254 meta skuid 0 counter accept",
		"output: ip daddr 169.254.169.254 meta l4proto 6 meta skuid != 0 counter reject with tcp reset",
		"output: ip daddr 169.254.169.254 counter reject",
		`prerouting: ip daddr 169.254.169.254 meta iifname != "lo" counter drop`,
		"output: ip6 daddr fd00:ec2::254 meta skuid 0 counter accept",
		"output: ip6 daddr fd00:ec2::254 meta l4proto 58 counter accept",
		"output: ip6 daddr fd00:ec2::254 meta l4proto 6 meta skuid != 0 counter reject with tcp reset",
		"output: ip6 daddr fd00:ec2::254 counter reject",
		`prerouting: ip6 daddr fd00:ec2::254 meta iifname != "lo" counter drop`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules, want - got +:\n%s", diff)
	}
}

// site is a machine on which whoever is listed reaches the metadata.
type site struct {
	machine

	applied int
	open    map[string]bool // by address and uid
}

func newSite(open ...string) *site {
	s := &site{open: map[string]bool{}}
	for _, who := range open {
		s.open[who] = true
	}
	s.apply = func([]rule) error { s.applied++; return nil }
	s.reach = func(address netip.Addr, uid int) (bool, error) {
		who := "runner"
		if uid == 0 {
			who = "root"
		}
		return s.open[address.String()+" "+who], nil
	}
	return s
}

func TestADoorIsShutWhenTheProbeSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		mode Mode
		open []string
		err  string
	}{
		"root alone":             {Agent, []string{"169.254.169.254 root"}, ""},
		"no mode is agent":       {"", []string{"169.254.169.254 root"}, ""},
		"root by IPv6":           {Agent, []string{"fd00:ec2::254 root"}, ""},
		"the runner too":         {Agent, []string{"169.254.169.254 root", "169.254.169.254 runner"}, "uid 1001 reaches the metadata at 169.254.169.254"},
		"the runner by IPv6":     {Agent, []string{"169.254.169.254 root", "fd00:ec2::254 runner"}, "uid 1001 reaches the metadata at fd00:ec2::254"},
		"nobody":                 {Agent, nil, "root does not reach the metadata either"},
		"no mode that there is":  {"shut", nil, `mode is "shut", known are "agent", "off" and "open"`},
		"agent in capital, also": {"Agent", nil, `mode is "Agent"`},
	} {
		t.Run(name, func(t *testing.T) {
			err := shut(t.Context(), Config{Mode: test.mode, Runner: 1001}, newSite(test.open...).machine)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestAnOpenDoorIsLeftAlone(t *testing.T) {
	s := newSite("169.254.169.254 root", "169.254.169.254 runner")
	if err := shut(t.Context(), Config{Mode: Open}, s.machine); err != nil {
		t.Error(err)
	}
	if s.applied != 0 {
		t.Errorf("rules were applied %d times, want never", s.applied)
	}
}

func TestARunnerThatIsRootCannotBeKeptOut(t *testing.T) {
	s := newSite("169.254.169.254 root")
	for _, uid := range []int{0, -1} {
		if err := shut(t.Context(), Config{Runner: uid}, s.machine); err == nil || !strings.Contains(err.Error(), "a user of its own") {
			t.Errorf("uid %d: got %v, want an error that names the remedy", uid, err)
		}
	}
	if s.applied != 0 {
		t.Errorf("rules were applied %d times, want never", s.applied)
	}
}

func TestWhatFailsLeavesNoJob(t *testing.T) {
	failed := errors.New("no such thing")
	rules := newSite("169.254.169.254 root")
	rules.apply = func([]rule) error { return failed }
	probe := newSite("169.254.169.254 root")
	probe.reach = func(netip.Addr, int) (bool, error) { return false, failed }
	rootsProbe := newSite("169.254.169.254 root")
	rootsProbe.reach = func(_ netip.Addr, uid int) (bool, error) {
		if uid == 0 {
			return false, failed
		}
		return false, nil
	}
	for name, s := range map[string]*site{"the rules": rules, "the runner's probe": probe, "root's probe": rootsProbe} {
		if err := shut(t.Context(), Config{Runner: 1001}, s.machine); !errors.Is(err, failed) {
			t.Errorf("%s: got %v, want its error", name, err)
		}
	}
}
