package scheduler_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

// tight is a stack that allows little.
func tight(s *scheduler.Shapes) {
	s.Policy = scheduler.Policy{
		MaxVCPU: 16, MaxMemory: 32, MaxDisk: 100, MaxIOPS: 6000, MaxThroughput: 500, Families: []catalog.Pattern{"c7", "m7a.*"},
		AMIs: []string{listed}, AMIOwners: []string{"123456789012"},
	}
}

func TestALabelChoosesNothingThatThePolicyDoesNotAllow(t *testing.T) {
	for label, want := range map[string]runner.Reason{
		"mayfly/cpu=32":                       runner.NotAllowed("cpu=32", "the stack allows at most 16 vCPUs: ask for less, or have Policy.MaxVCPU raised"),
		"mayfly/cpu=32+64":                    runner.NotAllowed("cpu=32+64", "Policy.MaxVCPU"),
		"mayfly/runner=32cpu-linux-x64":       runner.NotAllowed("runner=32cpu-linux-x64", "Policy.MaxVCPU"),
		"mayfly/runner=2cpu-linux-x64/cpu=32": runner.NotAllowed("cpu=32", "Policy.MaxVCPU"),
		"mayfly/ram=64":                       runner.NotAllowed("ram=64", "the stack allows at most 32 GiB of memory: ask for less, or have Policy.MaxMemory raised"),
		"mayfly/ram=64+128":                   runner.NotAllowed("ram=64+128", "Policy.MaxMemory"),
		"mayfly/volume=101gb":                 runner.NotAllowed("volume=101gb", "the stack allows at most 100 GiB of disk: ask for less, or have Policy.MaxDisk raised"),
		"mayfly/volume=16tb":                  runner.NotAllowed("volume=16384gb", "Policy.MaxDisk"),
		"mayfly/volume=80gb:6001iops":         runner.NotAllowed("volume=6001iops", "Policy.MaxIOPS"),
		"mayfly/volume=501mbs":                runner.NotAllowed("volume=501mbs", "Policy.MaxThroughput"),
		"mayfly/ssh=true":                     runner.NotAllowed("ssh=true", "the stack does not allow SSH: remove it, or have Policy.SSH set"),
		"mayfly/family=c8a":                   runner.NotAllowed("family=c8a", "c8a.large is not of a family that the stack allows: c7+m7a.* (Policy.Families)"),
		"mayfly/family=c7a.8xlarge":           runner.NotAllowed("family=c7a.8xlarge", "c7a.8xlarge has 32 vCPUs, and the stack allows at most 16 (Policy.MaxVCPU)"),
		"mayfly/family=m7a.4xlarge":           runner.NotAllowed("family=m7a.4xlarge", "m7a.4xlarge has 64 GiB of memory, and the stack allows at most 32 (Policy.MaxMemory)"),
		"mayfly/cpu=2/ram=16":                 runner.NotAllowed("ram=16", "is not of a family that the stack allows"),
	} {
		got, refused := stack(tight).For([]string{label})
		if refused.Kind != want.Kind || refused.What != want.What || !strings.Contains(refused.How, want.How) {
			t.Errorf("%s: got %+v and %q, want %q", label, got, refused, want)
		}
	}
}

func TestALabelChoosesWhatThePolicyAllows(t *testing.T) {
	for label, want := range map[string]string{
		"mayfly/cpu=16":                                     "c7a.4xlarge",
		"mayfly/cpu=8+64":                                   "m7i-flex", // must not come: see below
		"mayfly/family=c7a.8xlarge+c7a.xlarge":              "c7a.xlarge",
		"mayfly/ram=32/family=c7a":                          "c7a.4xlarge",
		"mayfly/volume=100gb:gp3:500mbs:6000iops":           "c7a.large",
		"mayfly/ami=" + listed:                              "c7a.large",
		"mayfly/ami=" + owned:                               "c7a.large",
		"mayfly/ami=" + listed + "/runner=2cpu-linux-arm64": "c7g.large",
	} {
		types := terms(t, stack(tight), label).Shape.Types
		for _, name := range types {
			if strings.HasPrefix(name, "m7i") || strings.HasSuffix(name, ".8xlarge") || strings.HasSuffix(name, "6xlarge") {
				t.Errorf("%s: got %s among the candidates", label, name)
			}
		}
		if want != "m7i-flex" && types[0] != want {
			t.Errorf("%s: got %v, want %s first", label, types, want)
		}
	}
	open := stack(func(s *scheduler.Shapes) { s.Policy.SSH = true })
	if !terms(t, open, "mayfly/ssh=true").SSH || terms(t, open, "mayfly").SSH {
		t.Error("ssh: got it without asking, or not though asked and allowed")
	}
}

func TestLoginsAreOfClassesThatAskForThemAndMayHaveThem(t *testing.T) {
	for _, test := range []struct {
		allowed bool
		labels  []string
		want    bool
	}{
		{true, []string{"mayfly=1/ssh=true"}, true},
		{true, runner.CanonicalLabels([]string{"self-hosted", "runs-on=7", "SSH=TRUE", "cpu=2"}), true},
		{true, []string{"mayfly=1/ssh=false"}, false},
		{true, []string{"mayfly=1"}, false},
		{true, []string{"mayfly=1/ssh=true/cpu=none"}, false},
		{true, []string{"ssh=true"}, false},
		{true, nil, false},
		{false, []string{"mayfly=1/ssh=true"}, false},
	} {
		if got := (scheduler.Policy{SSH: test.allowed}).Logins(test.labels); got != test.want {
			t.Errorf("%q, allowed %v: got %v, want %v", test.labels, test.allowed, got, test.want)
		}
	}
}

func TestWithoutAnAMIInThePolicyNoLabelNamesOne(t *testing.T) {
	_, got := stack().For([]string{"mayfly/ami=" + listed})
	if want := runner.NotAllowed("ami="+listed, "the stack does not allow this AMI: have it added to Policy.AMIs, or remove it"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whose an AMI is that the policy does not name itself shows at its launch, which is told whose it has to be.
func TestAnAMIThatALabelNamesIsOfAnAllowedOwner(t *testing.T) {
	for label, want := range map[string][]string{
		"mayfly":               nil,
		"mayfly/ami=" + listed: nil,
		"mayfly/image=gpu":     nil,
		"mayfly/ami=" + owned:  {"123456789012"},
	} {
		got, refused := stack(tight).For([]string{label})
		if !slices.Equal(got.Shape.ImageOwners, want) || refused != runner.NoReason() {
			t.Errorf("%s: got owners %q, refused %q, want %q", label, got.Shape.ImageOwners, refused, want)
		}
	}
}

func TestWhateverTheLabelsNothingBeyondThePolicyIsLaunched(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := map[string][]string{
		"runner": {"1cpu-linux-x64", "64cpu-linux-x64", "16cpu-linux-arm64"}, "cpu": {"1", "2+64", "16", "17", "48+2048", "1+1+2"},
		"ram": {"0", "8", "16+512", "33", "0+4"}, "family": {"*", "c7", "r8a.16xlarge", "m7a+c8a", "*.large", "c7g.16xlarge+c7g.large", "m7i-flex"},
		"volume": {"100gb", "101gb", "64tb", "6000iops", "7000iops", "500mbs", "gp2:100gb", "io2:50gb:6000iops", "io2:50gb:9000iops"},
		"ami":    {listed, owned}, "image": {"gpu", "arm-full"}, "spot": {"false", "cop"}, "ssh": {"true", "false"},
	}
	keys := slices.Sorted(maps.Keys(values))
	s, served := stack(tight), 0
	for range 2000 {
		label := []string{"mayfly=1"}
		for range 1 + random.IntN(4) {
			key := keys[random.IntN(len(keys))]
			label = append(label, key+"="+values[key][random.IntN(len(values[key]))])
		}
		got, refused := s.For(label)
		if refused != runner.NoReason() {
			continue
		}
		served++
		v := got.Shape.RootVolume
		verified := slices.Contains([]string{"ami-x", "ami-a", "ami-gpu", "ami-full", listed}, got.Shape.Image) || slices.Equal(got.Shape.ImageOwners, s.Policy.AMIOwners)
		if v.GiB > 100 || v.IOPS > 6000 || v.Throughput > 500 || got.SSH || !verified {
			t.Errorf("%q: got %+v", label, got)
		}
		for _, name := range got.Shape.Types {
			family, size, _ := strings.Cut(name, ".")
			if !strings.HasPrefix(family, "c7") && family != "m7a" || slices.Contains([]string{"8xlarge", "12xlarge", "16xlarge"}, size) || name == "m7a.4xlarge" {
				t.Errorf("%q: got %s among the candidates", label, name)
			}
		}
	}
	if served < 200 {
		t.Errorf("%d of 2,000 labels were served, want enough to judge by", served)
	}
}

func TestThePolicySaysEverythingThatIsWrongWithIt(t *testing.T) {
	if err := (scheduler.Policy{}).WithDefaults().Check(); err != nil {
		t.Errorf("the default policy: %v", err)
	}
	err := scheduler.Policy{
		MaxVCPU: -1, MaxMemory: -2, MaxDisk: -3, MaxIOPS: -4, MaxThroughput: -5,
		Families: []catalog.Pattern{"C7"}, AMIs: []string{"ubuntu"}, AMIOwners: []string{"me"},
	}.WithDefaults().Check()
	for _, want := range []string{
		"Policy.MaxVCPU is -1: set it to 1 or more", "Policy.MaxMemory is -2", "Policy.MaxDisk is -3", "Policy.MaxIOPS is -4", "Policy.MaxThroughput is -5",
		`Policy.Families has "C7"`, `Policy.AMIs has "ubuntu"`, `Policy.AMIOwners has "me"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

func TestTheDocumentationHasEverySettingOfThePolicy(t *testing.T) {
	page, err := os.ReadFile("../../docs/labels.md")
	if err != nil {
		t.Fatal(err)
	}
	defaults := reflect.ValueOf(scheduler.Policy{}.WithDefaults())
	for i := range defaults.NumField() {
		row := "| Policy." + defaults.Type().Field(i).Name + " |"
		_, rest, found := strings.Cut(string(page), row)
		line, _, _ := strings.Cut(rest, "\n")
		want := map[reflect.Kind]string{reflect.Slice: "| none |", reflect.Bool: "| no |"}[defaults.Field(i).Kind()]
		switch value := defaults.Field(i).Interface().(type) {
		case int:
			want = "| " + strconv.Itoa(value) + " |"
		case []catalog.Pattern:
			want = "| `" + string(value[0]) + "`,"
		}
		if !found || !strings.Contains(strings.ReplaceAll(line, ",", ""), strings.ReplaceAll(want, ",", "")) {
			t.Errorf("docs/labels.md: got %q after %q, want its default, %s", line, row, want)
		}
	}
}
