package scheduler_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

const listed, owned = "ami-0123456789abcdef0", "ami-0fedcba9876543210"

// stack is what a stack offers.
func stack(changes ...func(*scheduler.Shapes)) scheduler.Shapes {
	s := scheduler.Shapes{
		Catalog: catalog.Load(), Families: []catalog.Pattern{"m7a", "m7g", "c7a", "c7g", "m7i-flex"}, Env: "production", Region: "eu-west-1",
		Images:      map[runner.Arch]string{runner.X64: "ami-x", runner.ARM64: "ami-a"},
		NamedImages: scheduler.Images{"gpu": {ID: "ami-gpu", Arch: runner.X64}, "arm-full": {ID: "ami-full", Arch: runner.ARM64}},
		RootVolume:  runner.Volume{GiB: 40, Type: "gp3"}, Policy: scheduler.Policy{}.WithDefaults(),
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}}, Private: []runner.Subnet{{ID: "subnet-p", Zone: "us-east-1a"}},
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func terms(t *testing.T, s scheduler.Shapes, labels ...string) runner.Terms {
	t.Helper()
	got, refused := s.For(labels)
	if refused != runner.NoReason() {
		t.Fatalf("%q: refused: %v", labels, refused)
	}
	return got
}

func TestLabelsBecomeTerms(t *testing.T) {
	plain := runner.Terms{Retry: true, Shape: runner.Shape{
		Name: "4cpu-linux-x64 spot", Image: "ami-x", Arch: runner.X64, Capacity: runner.Spot, Strategy: "price-capacity-optimized",
		Types:      []string{"m7i-flex.xlarge", "c7a.xlarge", "m7a.xlarge"},
		RootVolume: runner.Volume{GiB: 40, Type: "gp3"}, Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}},
	}}
	for label, change := range map[string]func(*runner.Terms){
		"":                           func(*runner.Terms) {},
		"/retry=false":               func(t *runner.Terms) { t.Retry = false },
		"/volume=80gb":               func(t *runner.Terms) { t.Shape.RootVolume.GiB = 80 },
		"/volume=100gb:io2:5000iops": func(t *runner.Terms) { t.Shape.RootVolume = runner.Volume{GiB: 100, Type: "io2", IOPS: 5000} },
		"/private=true":              func(t *runner.Terms) { t.Shape.Subnets = []runner.Subnet{{ID: "subnet-p", Zone: "us-east-1a"}} },
		"/image=gpu":                 func(t *runner.Terms) { t.Shape.Image = "ami-gpu" },
		"/family=c7a+m7a": func(t *runner.Terms) {
			t.Shape.Name, t.Shape.Types = "4cpu-linux-x64 c7a+m7a spot", []string{"c7a.xlarge", "m7a.xlarge"}
		},
		"/family=m7a+c7a/spot=cop": func(t *runner.Terms) {
			t.Shape.Name, t.Shape.Types = "4cpu-linux-x64 m7a+c7a spot", []string{"m7a.xlarge", "c7a.xlarge"}
			t.Shape.Strategy = "capacity-optimized-prioritized"
		},
		"/spot=false": func(t *runner.Terms) {
			t.Shape.Name, t.Shape.Capacity, t.Shape.Strategy, t.Retry = "4cpu-linux-x64 on-demand", runner.OnDemand, "lowest-price", false
		},
		"/familly=c8a": func(t *runner.Terms) { t.Warning = runner.UnknownKeys(`"familly" (did you mean family?)`) },
		"/famly=c8a/cpus=3": func(t *runner.Terms) {
			t.Warning = runner.UnknownKeys(`"cpus" (did you mean cpu?), "famly" (did you mean family?)`)
		},
		"/ram=16+16/tag=7": func(t *runner.Terms) {
			t.Shape.Name, t.Shape.Types = "4cpu-16+gb-linux-x64 spot", []string{"m7i-flex.xlarge", "m7a.xlarge"}
		},
	} {
		want := plain
		change(&want)
		if diff := cmp.Diff(want, terms(t, stack(), "mayfly=1/cpu=4"+label, "self-hosted")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", label, diff)
		}
	}
}

func TestWhichTypesALabelGets(t *testing.T) {
	for label, want := range map[string]string{
		"mayfly":                                            "m7i-flex.large c7a.large m7a.large",
		"mayfly/runner=2cpu-linux-arm64":                    "c7g.large m7g.large",
		"mayfly/image=arm-full":                             "c7g.large m7g.large", // the architecture is the image's
		"mayfly/runner=2cpu-linux-x64/image=arm-full":       "c7g.large m7g.large",
		"mayfly/family=c7a.4xlarge":                         "c7a.4xlarge", // as many vCPUs as it has
		"mayfly/family=c7a.16xlarge+c7a.large":              "c7a.large c7a.16xlarge",
		"mayfly/ram=16":                                     "m7i-flex.xlarge m7a.xlarge m7i-flex.2xlarge", // not the dearer ones that would do
		"mayfly/cpu=2/ram=16":                               "r7a.large r8a.large",                         // a preference for families refuses nothing
		"mayfly/cpu=2+4/family=m8g/runner=1cpu-linux-arm64": "m8g.large m8g.xlarge",
		"mayfly/family=*.2xlarge/ram=64/cpu=8":              "r7a.2xlarge r8a.2xlarge",
		"mayfly/cpu=32+1000/family=c7a":                     "c7a.8xlarge c7a.12xlarge c7a.16xlarge",
		"mayfly/cpu=4/family=c7a+p5":                        "c7a.xlarge",
	} {
		got := strings.Join(terms(t, stack(), label).Shape.Types, " ")
		if got != want {
			t.Errorf("%s: got %s, want %s", label, got, want)
		}
	}
}

func TestWhyThereIsNothingForALabel(t *testing.T) {
	for label, want := range map[string]runner.Reason{
		"mayfly/cpu=3":                   runner.NoInstanceType("3 vCPUs on x64", "the nearest, c7i-flex.xlarge, has 4 vCPUs, not 3; to get it, write cpu=4"),
		"mayfly/cpu=2/ram=64":            runner.NoInstanceType("2 vCPUs and 64 GiB or more on x64", "the nearest, r7a.large, has 16 GiB, not 64 or more; to get it, write ram=16"),
		"mayfly/family=c7g":              runner.NoInstanceType("2 vCPUs in family c7g on x64", "the nearest, c7g.large, is arm64, not x64; to get it, write runner=2cpu-linux-arm64"),
		"mayfly/family=c7g.large":        runner.NoInstanceType("1 vCPUs or more in family c7g.large on x64", "the nearest"),
		"mayfly/family=t3/cpu=2":         runner.NoInstanceType("2 vCPUs in family t3 on x64", "is of another family; to get it, write family="),
		"mayfly/family=m7a/cpu=2/ram=16": runner.NoInstanceType("2 vCPUs and 16 GiB or more in family m7a on x64", "the nearest, m7a.large, has 8 GiB, not 16 or more; to get it, write ram=8"),
		"mayfly/cpu=many":                {Kind: runner.ReasonBadLabel, What: "mayfly/cpu=many"},
		"mayfly/image=windows":           runner.NotAllowed("image=windows", "the stack names no such image (it names arm-full, gpu): remove it, or have it added to NamedImages"),
		"dependabot":                     {Kind: runner.ReasonBadLabel, What: "dependabot"},
	} {
		_, got := stack().For([]string{label})
		if got.Kind != want.Kind || got.What != want.What || !strings.Contains(got.How, want.How) {
			t.Errorf("%s: got %q, want %q", label, got, want)
		}
	}
	bare := stack(func(s *scheduler.Shapes) {
		s.Images, s.NamedImages, s.Private = map[runner.Arch]string{runner.X64: "ami-x"}, nil, nil
	})
	for label, want := range map[string]runner.Reason{
		"mayfly/runner=2cpu-linux-arm64": runner.NoImage("arm64"),
		"mayfly/image=gpu":               runner.NotAllowed("image=gpu", "the stack names no such image (it names none): remove it, or have it added to NamedImages"),
		"mayfly/private=true":            runner.NotAllowed("private=true", "the stack has no private subnets: remove it, or have PrivateSubnets set"),
	} {
		if _, got := bare.For([]string{label}); got != want {
			t.Errorf("%s: got %q, want %q", label, got, want)
		}
	}
}

func TestAJobForAnotherStackIsNoBusinessOfThisOne(t *testing.T) {
	for label, want := range map[string]runner.Reason{
		"mayfly":                  runner.NoReason(),
		"mayfly/region=eu-west-1": runner.NoReason(),
		"mayfly/env=staging":      runner.OtherStack("env=staging", "env=production"),
		"mayfly/region=us-east-1": runner.OtherStack("region=us-east-1", "region=eu-west-1"),
	} {
		if got := stack().Elsewhere([]string{label}); got != want {
			t.Errorf("%s: got %q, want %q", label, got, want)
		}
	}
}
