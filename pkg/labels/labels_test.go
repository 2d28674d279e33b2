package labels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// plain is what a label without keys asks for.
var plain = labels.Ask{CPU: labels.Range{Min: 2, Max: 2}, Arch: runner.X64, Capacity: runner.Spot, Strategy: "price-capacity-optimized"}

func with(change func(*labels.Ask)) labels.Ask {
	ask := plain
	change(&ask)
	return ask
}

func cpu(low, high int) labels.Ask {
	return with(func(a *labels.Ask) { a.CPU = labels.Range{Min: low, Max: high} })
}

func market(capacity runner.CapacityType, strategy string) labels.Ask {
	return with(func(a *labels.Ask) { a.Capacity, a.Strategy = capacity, strategy })
}

func TestALabelSaysWhatTheJobAsksFor(t *testing.T) {
	arm := with(func(a *labels.Ask) {
		a.ID, a.CPU, a.Arch = "123", labels.Range{Min: 16, Max: 16}, runner.ARM64
	})
	for label, want := range map[string]labels.Ask{
		"mayfly":                                     plain,
		"runs-on":                                    plain,
		"mayfly=42":                                  with(func(a *labels.Ask) { a.ID = "42" }),
		"mayfly=Run-7=b":                             with(func(a *labels.Ask) { a.ID = "Run-7=b" }),
		"mayfly/":                                    plain,
		"mayfly=/":                                   plain,
		"mayfly/cpu=4":                               cpu(4, 4),
		"mayfly/cpu=2+8":                             cpu(2, 8),
		"mayfly/cpu=8+2":                             cpu(2, 8),
		"mayfly//cpu=4/":                             cpu(4, 4),
		"mayfly/cpu=4/cpu=4":                         cpu(4, 4),
		"mayfly/runner=1cpu-linux-x64":               cpu(1, 1),
		"mayfly/runner=64cpu-linux-x64":              cpu(64, 64),
		"runs-on=123/runner=16cpu-linux-arm64":       arm,
		"RUNS-ON=123/Runner=16CPU-Linux-ARM64":       arm,
		"mayfly/runner=4cpu-linux-x64/cpu=8":         cpu(8, 8),
		"mayfly/cpu=8/runner=4cpu-linux-x64":         cpu(8, 8),
		"mayfly/spot=true":                           plain,
		"mayfly/spot=pco":                            plain,
		"mayfly/spot=price-capacity-optimized":       plain,
		"mayfly/spot=lp":                             market(runner.Spot, "lowest-price"),
		"mayfly/spot=lowest-price":                   market(runner.Spot, "lowest-price"),
		"mayfly/spot=co":                             market(runner.Spot, "capacity-optimized"),
		"mayfly/spot=capacity-optimized":             market(runner.Spot, "capacity-optimized"),
		"mayfly/spot=cop":                            market(runner.Spot, "capacity-optimized-prioritized"),
		"mayfly/spot=capacity-optimized-prioritized": market(runner.Spot, "capacity-optimized-prioritized"),
		"mayfly/spot=false":                          market(runner.OnDemand, "lowest-price"),
		"mayfly/spot=never":                          market(runner.OnDemand, "lowest-price"),
		"mayfly/run-id=7/matrix-index=3/tag=x/build": plain,
		"mayfly/comment=a/comment=b":                 plain,
		"mayfly/" + strings.Repeat("x", 256-len("mayfly/")): plain,
	} {
		got, err := labels.Parse([]string{label})
		if err != nil {
			t.Errorf("Parse(%q): %v", label, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", label, diff)
		}
	}
}

func TestAProblemSaysWhatIsWrongAndHowToMendIt(t *testing.T) {
	for label, want := range map[string]string{
		"mayfly/runner=3cpu-linux-x64":        `there is no runner "3cpu-linux-x64": use <N>cpu-linux-x64 or <N>cpu-linux-arm64, with N one of 1, 2, 4, 8, 16, 32, 48, 64`,
		"mayfly/runner=04cpu-linux-x64":       `there is no runner "04cpu-linux-x64": use`,
		"mayfly/runner=4cpu-windows-x64":      `there is no runner "4cpu-windows-x64": use`,
		"mayfly/runner=4":                     `there is no runner "4": use`,
		"mayfly/runner=":                      "key runner has no value: write runner=… or remove it",
		"mayfly/spot":                         "key spot has no value: write spot=… or remove it",
		"mayfly/spot=perhaps":                 "spot=perhaps is not known: use true, false, price-capacity-optimized,",
		"mayfly/cpu=four":                     "cpu=four is not a number of vCPUs: write cpu=4, or cpu=2+8 for 2 to 8",
		"mayfly/cpu=0":                        "cpu=0 is not a number of vCPUs",
		"mayfly/cpu=-4":                       "cpu=-4 is not a number of vCPUs",
		"mayfly/cpu=2+":                       "cpu=2+ is not a number of vCPUs",
		"mayfly/cpu=99999999999999999999":     "is not a number of vCPUs",
		"mayfly/cpu=2/cpu=4":                  `key cpu is given twice, as "2" and as "4": keep one`,
		"mayfly/cpu=2/CPU=4":                  `key cpu is given twice, as "2" and as "4": keep one`,
		"mayfly/ram=16":                       "key ram is not supported yet: remove it",
		"mayfly/Family=m7i":                   "key family is not supported yet: remove it",
		"mayfly/nested-virt=true":             "key nested-virt is not supported yet: remove it",
		"mayfly/pool":                         "key pool is not supported yet: remove it",
		"mayfly,cpu=4":                        "use a slash",
		"runs-on=7,runner=2cpu-linux-x64":     "use a slash",
		"mayfly/a\nb":                         "it has a control character",
		"mayfly/\xff":                         "it is not valid UTF-8",
		"mayfly/" + strings.Repeat("x", 1000): "it is 1007 bytes long and a label has at most 256",
	} {
		_, err := labels.Parse([]string{label})
		var bad *labels.Error
		if !errors.As(err, &bad) {
			t.Errorf("Parse(%q): got error %v, want a *labels.Error", label, err)
			continue
		}
		if !strings.Contains(bad.Problem, want) {
			t.Errorf("Parse(%q): got problem %q, want one with %q", label, bad.Problem, want)
		}
		if len(label) <= 256 && bad.Label != label || len(bad.Label) > 300 {
			t.Errorf("Parse(%q): got label %q in the error", label, bad.Label)
		}
	}
}

func TestEveryKeyThatDoesNothingYetIsRefused(t *testing.T) {
	for _, key := range strings.Fields("ram family image ami volume disk hdd iops throughput sticky extras ssh private retry " +
		"env region pool nested-virt debug preinstall prerun tags id fleet") {
		if ask, err := labels.Parse([]string{"mayfly/" + key + "=x"}); err == nil {
			t.Errorf("Parse with key %s: got %+v, want an error", key, ask)
		}
	}
}

func TestTheOtherLabelsOfAJob(t *testing.T) {
	for _, test := range []struct {
		labels  []string
		problem string // empty: as plain
	}{
		{[]string{"self-hosted", "mayfly", "Linux", "x64"}, ""},
		{[]string{"linux=yes", "mayfly"}, ""},
		{[]string{"mayfly", "MAYFLY"}, ""},
		{[]string{"mayfly", "cpu=4"}, "append /cpu= and its value to the label that starts with mayfly"},
		{[]string{"ram=4", "mayfly"}, "append /ram= and its value to the label that starts with mayfly"},
		{[]string{"mayfly", "mayfly/cpu=4"}, "this one has 2: put all keys into one"},
		{[]string{"mayfly", "runs-on"}, "this one has 2: put all keys into one"},
		{[]string{"ubuntu-latest"}, "no label asks for a runner of ours"},
		{nil, "no label asks for a runner of ours"},
	} {
		got, err := labels.Parse(test.labels)
		switch {
		case test.problem == "" && err != nil:
			t.Errorf("Parse(%q): %v", test.labels, err)
		case test.problem == "" && got != plain:
			t.Errorf("Parse(%q): got %+v, want %+v", test.labels, got, plain)
		case test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)):
			t.Errorf("Parse(%q): got error %v, want one with %q", test.labels, err, test.problem)
		}
	}
}

func TestAJobIsOursByTheStartOfALabel(t *testing.T) {
	for label, want := range map[string]bool{
		"mayfly": true, "MayFly": true, "mayfly=1": true, "mayfly/cpu=2": true, "mayfly,cpu=2": true,
		"runs-on": true, "runs-on=1": true, "Runs-On/cpu=x": true,
		"": false, "mayfly2": false, "mayfly-x": false, "my-mayfly": false, "runs-on-x": false, "runs": false, "ubuntu-latest": false,
	} {
		if got := labels.Ours([]string{"self-hosted", label}); got != want {
			t.Errorf("Ours(self-hosted, %q): got %v, want %v", label, got, want)
		}
	}
}

func TestAnAskHasANameForPeople(t *testing.T) {
	for label, want := range map[string]string{
		"mayfly/runner=4cpu-linux-x64":              "4cpu-linux-x64 spot",
		"mayfly/runner=8cpu-linux-arm64/spot=false": "8cpu-linux-arm64 on-demand",
		"mayfly/cpu=2+8":                            "2-8cpu-linux-x64 spot",
	} {
		ask, err := labels.Parse([]string{label})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask.Name(); got != want {
			t.Errorf("name of %q: got %q, want %q", label, got, want)
		}
	}
}
