package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// vcpus is what AWS's size names mean in all the families of the table.
var vcpus = map[string]int{
	"medium": 1, "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48, "16xlarge": 64,
}

// mibPerVCPU is what the first letter of a family means.
var mibPerVCPU = map[byte]int{'c': 2048, 'm': 4096, 'r': 8192}

func rows(t *testing.T) []Type {
	t.Helper()
	types, err := parse(table)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func TestTheTableIsSortedByFamilyAndSize(t *testing.T) {
	types := rows(t)
	sorted := slices.IsSortedFunc(types, func(a, b Type) int {
		familyA, _, _ := strings.Cut(a.Name, ".")
		familyB, _, _ := strings.Cut(b.Name, ".")
		if familyA != familyB {
			return strings.Compare(familyA, familyB)
		}
		return a.VCPU - b.VCPU
	})
	if !sorted {
		t.Error("got rows out of order, want them by family and then by vCPUs")
	}
	names := map[string]bool{}
	for _, row := range types {
		if names[row.Name] {
			t.Errorf("%s: got two rows, want one", row.Name)
		}
		names[row.Name] = true
	}
}

func TestANameSaysTheSameAsItsRow(t *testing.T) {
	for _, row := range rows(t) {
		family, size, _ := strings.Cut(row.Name, ".")
		arch := runner.X64
		if strings.HasSuffix(family, "g") { // Graviton
			arch = runner.ARM64
		}
		want := Type{
			Name: row.Name, Arch: arch, VCPU: vcpus[size], MemoryMiB: vcpus[size] * mibPerVCPU[family[0]],
			PriceUSDPerHour: row.PriceUSDPerHour,
		}
		if row != want || row.VCPU == 0 {
			t.Errorf("%s: got %+v, want %+v", row.Name, row, want)
		}
	}
}

func TestTheSizesOfAFamilyCostTheSameByVCPU(t *testing.T) {
	byFamily := map[string]Type{}
	for _, row := range rows(t) {
		family, _, _ := strings.Cut(row.Name, ".")
		first, known := byFamily[family]
		if !known {
			byFamily[family] = row
			first = row
		}
		got, want := row.PriceUSDPerHour/float64(row.VCPU), first.PriceUSDPerHour/float64(first.VCPU)
		if want < 0.02 || want > 0.1 || math.Abs(got-want)/want > 0.005 {
			t.Errorf("%s: got %.5f USD by vCPU and hour, want about %.5f, and within 0.02 and 0.1", row.Name, got, want)
		}
	}
}

func TestABrokenTableIsAnErrorThatNamesTheRow(t *testing.T) {
	head := strings.Join(columns, ",") + "\n"
	for text, want := range map[string]string{
		"":                                   "first row is not the column names",
		"name,arch,cpu,memory,price\n":       "first row is not the column names",
		head + "m7a.large,x64,2,8192\n":      "wrong number of fields",
		head + "m7a.large,x86,2,8192,1\n":    `m7a.large: arch is "x86"`,
		head + "m7a.large,x64,two,8192,1\n":  "m7a.large: strconv.Atoi",
		head + "m7a.large,x64,2,8192,free\n": "m7a.large: strconv.ParseFloat",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse(%q): got error %v, want one with %q", text, err, want)
		}
	}
}
