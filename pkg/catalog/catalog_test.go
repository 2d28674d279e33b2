package catalog

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestASelectionHasWhatIsWantedCheapestFirst(t *testing.T) {
	all := Load()
	for _, want := range []Want{
		{MinVCPU: 2, MaxVCPU: 2, Arch: runner.X64},
		{MinVCPU: 2, MaxVCPU: 8, Arch: runner.X64},
		{MinVCPU: 4, MaxVCPU: 16, Arch: runner.ARM64},
	} {
		got, _ := all.Select(want)
		for i, chosen := range got {
			if chosen.Arch != want.Arch || chosen.VCPU < want.MinVCPU || chosen.VCPU > want.MaxVCPU {
				t.Errorf("Select(%+v): got %+v", want, chosen)
			}
			if i == 0 {
				continue
			}
			before := got[i-1]
			if before.PriceUSDPerHour > chosen.PriceUSDPerHour ||
				before.PriceUSDPerHour == chosen.PriceUSDPerHour && before.Name >= chosen.Name {
				t.Errorf("Select(%+v): got %s before %s, want the cheaper first, then by name", want, before.Name, chosen.Name)
			}
		}
		missed := slices.ContainsFunc(all.types, func(other Type) bool {
			return other.Arch == want.Arch && want.MinVCPU <= other.VCPU && other.VCPU <= want.MaxVCPU &&
				!slices.Contains(got, other) && other.PriceUSDPerHour < got[len(got)-1].PriceUSDPerHour
		})
		if missed || len(got) > MaxTypes {
			t.Errorf("Select(%+v): got %d types, missing a cheaper one: %v; want the cheapest, at most %d", want, len(got), missed, MaxTypes)
		}
	}
}

func TestTheCheapestOfTwoCPUs(t *testing.T) {
	var got []string
	kept, _ := Load().Select(Want{MinVCPU: 2, MaxVCPU: 2, Arch: runner.ARM64})
	for _, chosen := range kept {
		got = append(got, chosen.Name)
	}
	want := []string{"c7g.large", "c8g.large", "m7g.large", "m8g.large", "r7g.large", "r8g.large"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("2 vCPUs, arm64 (-want +got):\n%s", diff)
	}
}

// EC2 finds capacity the better the more types it may choose from. Source: AWS, "Best practices for
// Amazon EC2 Spot".
func TestEveryBuiltInRunnerHasSixFamiliesToChooseFrom(t *testing.T) {
	all := Load()
	for _, arch := range []runner.Arch{runner.X64, runner.ARM64} {
		for _, cpus := range []int{1, 2, 4, 8, 16, 32, 48, 64} {
			families := map[string]bool{}
			kept, _ := all.Select(Want{MinVCPU: cpus, MaxVCPU: cpus, Arch: arch})
			for _, chosen := range kept {
				families[chosen.Family()] = true
			}
			if len(families) < 6 {
				t.Errorf("%dcpu-linux-%s: got %d families, want 6 or more", cpus, arch, len(families))
			}
		}
	}
}

func TestNothingFitsIsAnEmptySelection(t *testing.T) {
	for _, want := range []Want{
		{MinVCPU: 3, MaxVCPU: 3, Arch: runner.X64},
		{MinVCPU: 1000, MaxVCPU: 2000, Arch: runner.ARM64},
		{MinVCPU: 2, MaxVCPU: 2, Arch: "riscv"},
	} {
		if got, _ := Load().Select(want); len(got) != 0 {
			t.Errorf("Select(%+v): got %v, want none", want, got)
		}
	}
}

func TestARegionHasTheTypesThatItOffersSizedAsEC2Tells(t *testing.T) {
	known := Catalog{types: []Type{
		{Name: "m7a.large", Arch: runner.X64, VCPU: 2, MemoryMiB: 8192, PriceUSDPerHour: 0.1},
		{Name: "m7a.xlarge", Arch: runner.X64, VCPU: 4, MemoryMiB: 16384, PriceUSDPerHour: 0.2},
	}}
	region := []Type{{Name: "x9.large", VCPU: 2}, {Name: "m7a.xlarge", Arch: runner.X64, VCPU: 8, MemoryMiB: 16000}}
	want := []Type{{Name: "m7a.xlarge", Arch: runner.X64, VCPU: 8, MemoryMiB: 16000, PriceUSDPerHour: 0.2}}
	if diff := cmp.Diff(want, known.Offered(region).types); diff != "" {
		t.Errorf("offered, want - got +:\n%s", diff)
	}
	if got, want := len(known.Offered(nil).types), 2; got != want {
		t.Errorf("of a region that is not known: got %d types, want %d", got, want)
	}
}
