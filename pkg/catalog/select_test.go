package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAPatternNamesTypes(t *testing.T) {
	for pattern, want := range map[Pattern]string{ // of the types below
		"c7a.large": "c7a.large", "c7a": "c7a.large c7a.xlarge", "c7": "c7a.large c7a.xlarge c7i.large", "c": "c7a.large c7a.xlarge c7i.large",
		"c7a.*": "c7a.large c7a.xlarge", "*.large": "c7a.large c7i.large m7i-flex.large m7i.large", "*": "c7a.large c7a.xlarge c7i.large m7i-flex.large m7i.large",
		"m7i": "m7i-flex.large m7i.large", "m7i.*": "m7i.large", "m7i-flex": "m7i-flex.large", "*flex*": "m7i-flex.large", "7a": "", "c7a.l": "", "c7a.larg*": "c7a.large",
	} {
		var got []string
		for _, name := range []string{"c7a.large", "c7a.xlarge", "c7i.large", "m7i-flex.large", "m7i.large"} {
			if pattern.Match(name) {
				got = append(got, name)
			}
		}
		if !pattern.Valid() || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", pattern, strings.Join(got, " "), want)
		}
	}
}

func TestWhatIsNoPattern(t *testing.T) {
	for _, pattern := range []Pattern{"", ".", "c7a.", ".large", "c7a..large", "c7a.large.", "C7A", "c7a large", "c7?", "[a-z]", `c7\`, "ünï", "c7/x", "c7\x00", Pattern(strings.Repeat("a", 65))} {
		if pattern.Valid() {
			t.Errorf("%q: got a valid pattern", pattern)
		}
	}
}

func TestExactPatterns(t *testing.T) {
	for pattern, want := range map[Pattern]bool{"c7a.large": true, "c7a": false, "c7a.*": false, "*.large": false} {
		if got := pattern.Exact(); got != want {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}

func names(types []Type) string {
	var all []string
	for _, t := range types {
		all = append(all, t.Name)
	}
	return strings.Join(all, " ")
}

func TestASelectionByMemoryAndFamily(t *testing.T) {
	for _, test := range []struct {
		want Want
		kept string
	}{
		{Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MinGiB: 16}, "r7g.large r8g.large"},
		{Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MinGiB: 8, MaxGiB: 8}, "m7g.large m8g.large"},
		{Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MaxGiB: 7}, "c7g.large c8g.large"},
		{Want{Arch: runner.X64, MinVCPU: 2, MaxVCPU: 4, Families: []Pattern{"m7i.*"}}, "m7i.large m7i.xlarge"},
		{Want{Arch: runner.X64, MinVCPU: 1, Families: []Pattern{"c7a.4xlarge"}}, "c7a.4xlarge"},
		{Want{Arch: runner.X64, MinVCPU: 2, MaxVCPU: 2, Families: []Pattern{"m7i", "m7a"}}, "m7i-flex.large m7i.large m7a.large"},
		{Want{Arch: runner.X64, MinVCPU: 2, MaxVCPU: 2, Families: []Pattern{"m7a", "m7i.*"}, InOrder: true}, "m7a.large m7i.large"},
		{Want{Arch: runner.ARM64, MinVCPU: 2, MinGiB: 16, Within: 1.2}, "r7g.large r8g.large"},
		{Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, Allow: func(t Type) string { return map[bool]string{true: "is denied"}[t.GiB() > 4] }}, "c7g.large c8g.large"},
	} {
		kept, rejected := Load().Select(test.want)
		if got := names(kept); got != test.kept {
			t.Errorf("Select(%+v): got %s, want %s", test.want, got, test.kept)
		}
		if got, want := len(kept)+len(rejected), len(Load().types); got != want {
			t.Errorf("Select(%+v): got %d types kept or rejected, want all %d", test.want, got, want)
		}
	}
}

func TestWhatIsRejectedFirstIsTheNearest(t *testing.T) {
	for what, test := range map[string]struct {
		want   Want
		name   string
		why    string
		denied bool
	}{
		"vcpus":    {Want{Arch: runner.ARM64, MinVCPU: 3, MaxVCPU: 3}, "c7g.xlarge", "has 4 vCPUs, not 3", false},
		"memory":   {Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MinGiB: 32}, "r7g.large", "has 16 GiB, not 32 or more", false},
		"little":   {Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MaxGiB: 3}, "c7g.large", "has 4 GiB, not 3 or less", false},
		"a range":  {Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 2, MinGiB: 5, MaxGiB: 7}, "m7g.large", "has 8 GiB, not 5 to 7", false},
		"two ways": {Want{Arch: runner.ARM64, MinVCPU: 3, MaxVCPU: 3, MinGiB: 12, MaxGiB: 12}, "m7g.xlarge", "has 4 vCPUs, not 3 and has 16 GiB, not 12", false},
		"a family": {Want{Arch: runner.X64, MinVCPU: 1, MaxVCPU: 1, Families: []Pattern{"t3"}}, "c7a.medium", "is of another family", false},
		"an arch":  {Want{Arch: "riscv", MinVCPU: 1, MaxVCPU: 1, Families: []Pattern{"c7g"}}, "c7g.medium", "is arm64, not riscv", false},
		"denied":   {Want{Arch: runner.X64, MinVCPU: 1, MaxVCPU: 1, Allow: func(Type) string { return "is denied" }}, "c7a.medium", "is denied", true},
	} {
		kept, rejected := Load().Select(test.want)
		got := rejected[0]
		if len(kept) != 0 || got.Type.Name != test.name || got.Why() != test.why || got.Denied != test.denied {
			t.Errorf("%s: got %s kept and %s %q first rejected, want none and %s %q", what, names(kept), got.Type.Name, got.Why(), test.name, test.why)
		}
	}
}

func TestWhatCostsTooMuchIsRejectedAndSaysSo(t *testing.T) {
	want := Want{Arch: runner.ARM64, MinVCPU: 2, MaxVCPU: 4, Families: []Pattern{"c7g"}, Within: 1.5}
	kept, rejected := Load().Select(want)
	if names(kept) != "c7g.large" {
		t.Fatalf("kept %s, want c7g.large alone", names(kept))
	}
	if diff := cmp.Diff("costs more than 1.5 times what c7g.large does", rejected[0].Why()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", rejected[0].Type.Name, diff)
	}
}
