package labels_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

type (
	ask    = labels.Ask
	volume = runner.Volume
)

// plain is what a label without keys asks for.
var plain = with()

func with(changes ...func(*ask)) ask {
	a := ask{
		CPU: labels.Range{Min: 2, Max: 2}, Arch: runner.X64, Env: "production",
		Capacity: runner.Spot, Strategy: "price-capacity-optimized", Retry: true,
	}
	for _, change := range changes {
		change(&a)
	}
	return a
}

func cpu(low, high int) func(*ask) {
	return func(a *ask) { a.CPU = labels.Range{Min: low, Max: high} }
}

func ram(low, high int) func(*ask) {
	return func(a *ask) { a.RAM = labels.Range{Min: low, Max: high} }
}

func built(name string, cpus int, arch runner.Arch) func(*ask) {
	return func(a *ask) { a.Runner, a.CPU, a.Arch = name, labels.Range{Min: cpus, Max: cpus}, arch }
}

func market(capacity runner.CapacityType, strategy string) ask {
	return with(func(a *ask) { a.Capacity, a.Strategy, a.Retry = capacity, strategy, capacity == runner.Spot })
}

func family(patterns ...catalog.Pattern) func(*ask) {
	return func(a *ask) { a.Families = patterns }
}

func root(v volume) ask { return with(func(a *ask) { a.Volume = v }) }

func id(routing string) func(*ask) { return func(a *ask) { a.ID = routing } }

var x4, arm16 = built("4cpu-linux-x64", 4, runner.X64), built("16cpu-linux-arm64", 16, runner.ARM64)

// good is labels, joined by a space, and what they ask for.
var good = map[string]ask{
	"mayfly":            plain,
	"runs-on":           plain,
	"MAYFLY":            plain,
	"mayfly=42":         with(id("42")),
	"mayfly=Run-7=b":    with(id("Run-7=b")),
	"mayfly=7,cpu=4":    with(id("7"), cpu(4, 4)),
	"mayfly=7/cpu=4":    with(id("7"), cpu(4, 4)),
	"mayfly/":           plain,
	"mayfly=/":          plain,
	"mayfly,":           plain,
	"mayfly=,/,/":       plain,
	"mayfly/=/=x/":      plain,
	"mayfly=äöü-ß/":     with(id("äöü-ß")),
	"mayfly=日本/cpu=4":   with(id("日本"), cpu(4, 4)),
	"mayfly=\U0001F980": with(id("\U0001F980")),

	"mayfly/cpu=4":       with(cpu(4, 4)),
	"mayfly/cpu=1":       with(cpu(1, 1)),
	"mayfly/cpu=2048":    with(cpu(2048, 2048)),
	"mayfly/cpu=2+8":     with(cpu(2, 8)),
	"mayfly/cpu=8+2":     with(cpu(2, 8)),
	"mayfly/cpu=4+2+8":   with(cpu(2, 8)),
	"mayfly/cpu=4+4":     with(cpu(4, 4)),
	"mayfly/cpu=004":     with(cpu(4, 4)),
	"mayfly//cpu=4/":     with(cpu(4, 4)),
	"mayfly/cpu=4/cpu=4": with(cpu(4, 4)),
	"mayfly/CPU=4/cpu=4": with(cpu(4, 4)),
	"mayfly,cpu=4":       with(cpu(4, 4)),
	"runs-on,cpu=4":      with(cpu(4, 4)),
	"runs-on/cpu=4":      with(cpu(4, 4)),
	"mayfly/ cpu = 4 /":  with(cpu(4, 4)),

	"mayfly/ram=0":                        with(),
	"mayfly/ram=16":                       with(ram(16, 0), cpu(2, 0)),
	"mayfly/ram=16gb":                     with(ram(16, 0), cpu(2, 0)),
	"mayfly/ram=16GiB":                    with(ram(16, 0), cpu(2, 0)),
	"mayfly/ram=16g":                      with(ram(16, 0), cpu(2, 0)),
	"mayfly/ram=16+64":                    with(ram(16, 64), cpu(2, 0)),
	"mayfly/ram=64gb+16gb":                with(ram(16, 64), cpu(2, 0)),
	"mayfly/ram=0+4":                      with(ram(0, 4)),
	"mayfly/ram=16/cpu=4":                 with(ram(16, 0), cpu(4, 4)),
	"mayfly/cpu=4+8,ram=16+32":            with(ram(16, 32), cpu(4, 8)),
	"mayfly/ram=32768":                    with(ram(32768, 0), cpu(2, 0)),
	"mayfly/runner=4cpu-linux-x64/ram=32": with(x4, ram(32, 0)),

	"mayfly/runner=1cpu-linux-x64":       with(built("1cpu-linux-x64", 1, runner.X64)),
	"mayfly/runner=2cpu-linux-x64":       with(built("2cpu-linux-x64", 2, runner.X64)),
	"mayfly/runner=8cpu-linux-x64":       with(built("8cpu-linux-x64", 8, runner.X64)),
	"mayfly/runner=32cpu-linux-arm64":    with(built("32cpu-linux-arm64", 32, runner.ARM64)),
	"mayfly/runner=48cpu-linux-arm64":    with(built("48cpu-linux-arm64", 48, runner.ARM64)),
	"mayfly/runner=64cpu-linux-x64":      with(built("64cpu-linux-x64", 64, runner.X64)),
	"runs-on=1/runner=16cpu-linux-arm64": with(id("1"), arm16),
	"runs-on=1,runner=16cpu-linux-arm64": with(id("1"), arm16),
	"RUNS-ON=1/Runner=16CPU-Linux-ARM64": with(id("1"), arm16),
	"mayfly/runner=4cpu-linux-x64/cpu=8": with(x4, cpu(8, 8)),
	"mayfly/cpu=8/runner=4cpu-linux-x64": with(x4, cpu(8, 8)),

	"mayfly/family=m7a":                   with(family("m7a")),
	"mayfly/family=M7A":                   with(family("m7a")),
	"mayfly/family=c7":                    with(family("c7")),
	"mayfly/family=c7+m7":                 with(family("c7", "m7")),
	"mayfly/family=m7i.*+m7a":             with(family("m7i.*", "m7a")),
	"mayfly/family=c7+c7":                 with(family("c7")),
	"mayfly/family=*":                     with(family("*")),
	"mayfly/family=m7i-flex":              with(family("m7i-flex")),
	"mayfly/family=c7a.large":             with(family("c7a.large"), cpu(1, 0)),
	"mayfly/family=c7a.large+m7a.4xlarge": with(family("c7a.large", "m7a.4xlarge"), cpu(1, 0)),
	"mayfly/family=c7a.large+m7a":         with(family("c7a.large", "m7a")),
	"mayfly/family=c7a.4xlarge/cpu=16":    with(family("c7a.4xlarge"), cpu(16, 16)),

	"mayfly/image=ubuntu24-full-x64":   with(func(a *ask) { a.Image = "ubuntu24-full-x64" }),
	"mayfly/Image=My_Image.2":          with(func(a *ask) { a.Image = "my_image.2" }),
	"mayfly/ami=ami-0123456789abcdef0": with(func(a *ask) { a.AMI = "ami-0123456789abcdef0" }),
	"mayfly/ami=AMI-0123ABCD":          with(func(a *ask) { a.AMI = "ami-0123abcd" }),

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
	"mayfly/Spot=FALSE":                          market(runner.OnDemand, "lowest-price"),
	"mayfly/spot=never":                          market(runner.OnDemand, "lowest-price"),

	"mayfly/volume=80gb":                      root(volume{GiB: 80}),
	"mayfly/volume=80g":                       root(volume{GiB: 80}),
	"mayfly/volume=80GiB":                     root(volume{GiB: 80}),
	"mayfly/volume=2tb":                       root(volume{GiB: 2048}),
	"mayfly/volume=64TiB":                     root(volume{GiB: 65536}),
	"mayfly/volume=gp3":                       root(volume{Type: "gp3"}),
	"mayfly/volume=gp2:100gb":                 root(volume{GiB: 100, Type: "gp2"}),
	"mayfly/volume=4000iops":                  root(volume{IOPS: 4000}),
	"mayfly/volume=750mbs":                    root(volume{Throughput: 750}),
	"mayfly/volume=750mibps":                  root(volume{Throughput: 750}),
	"mayfly/volume=80gb:gp3:750mbs:4000iops":  root(volume{GiB: 80, Type: "gp3", IOPS: 4000, Throughput: 750}),
	"mayfly/volume=4000iops:750mbps:gp3:80gb": root(volume{GiB: 80, Type: "gp3", IOPS: 4000, Throughput: 750}),
	"mayfly/volume=95gb:io2:2000iops":         root(volume{GiB: 95, Type: "io2", IOPS: 2000}),
	"mayfly/volume=100gb:io1:5000iops":        root(volume{GiB: 100, Type: "io1", IOPS: 5000}),
	"mayfly/volume=1gb:gp3:3000iops":          root(volume{GiB: 1, Type: "gp3", IOPS: 3000}),
	"mayfly/volume=2000mbs:8000iops":          root(volume{IOPS: 8000, Throughput: 2000}),

	"mayfly/env=staging":                                with(func(a *ask) { a.Env = "staging" }),
	"mayfly/env=Staging/region=eu-west-1":               with(func(a *ask) { a.Env, a.Region = "staging", "eu-west-1" }),
	"mayfly/retry=when-interrupted":                     plain,
	"mayfly/retry=true":                                 plain,
	"mayfly/retry=false":                                with(func(a *ask) { a.Retry = false }),
	"mayfly/retry=true/spot=false":                      with(func(a *ask) { a.Capacity, a.Strategy = runner.OnDemand, "lowest-price" }),
	"mayfly/ssh=true":                                   with(func(a *ask) { a.SSH = true }),
	"mayfly/ssh=FALSE/private=false":                    plain,
	"mayfly/private=true":                               with(func(a *ask) { a.Private = true }),
	"mayfly/run-id=7/matrix-index=3/tag=x/":             plain,
	"mayfly/comment=a/comment=b/build":                  plain,
	"mayfly/" + strings.Repeat("x", 256-len("mayfly/")): plain,

	// Several labels.
	"self-hosted mayfly Linux x64":                      plain,
	"linux=yes mayfly":                                  plain,
	"mayfly MAYFLY":                                     plain,
	"mayfly runs-on":                                    plain,
	"runs-on=7 cpu=4 family=m7a":                        with(id("7"), cpu(4, 4), family("m7a")),
	"cpu=4 runs-on=7":                                   with(id("7"), cpu(4, 4)),
	"CPU=4 mayfly":                                      with(cpu(4, 4)),
	"mayfly=7/cpu=4 ram=16 self-hosted":                 with(id("7"), cpu(4, 4), ram(16, 0)),
	"mayfly=7 runs-on/cpu=4":                            with(id("7"), cpu(4, 4)),
	"mayfly=7 mayfly/cpu=4,ram=16 spot=true":            with(id("7"), cpu(4, 4), ram(16, 0)),
	"mayfly cpu=4/ram=16 cpu=4":                         with(cpu(4, 4), ram(16, 0)),
	"mayfly debug private pool id ssh":                  plain, // labels of somebody else's, without a value
	"mayfly size=large/cpu=8 team,cpu=9":                plain,
	"mayfly a=b=c =x = /":                               plain,
	"mayfly \xff foo=\x00 " + strings.Repeat("y", 1000): plain,
}

func TestLabelsSayWhatAJobAsksFor(t *testing.T) {
	for text, want := range good {
		job := strings.Split(text, " ")
		if strings.Contains(text, "/ cpu") {
			job = []string{text}
		}
		got, err := labels.Parse(job)
		if err != nil {
			t.Errorf("Parse(%q): %v", job, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", job, diff)
		}
		if !labels.Ours(job) {
			t.Errorf("Ours(%q): got false", job)
		}
	}
}

func TestAHundredLabels(t *testing.T) {
	job := []string{"mayfly=7"}
	for i := range 98 {
		job = append(job, strings.Repeat("x", i+1)+"=y")
	}
	got, err := labels.Parse(append(job, "cpu=4"))
	if diff := cmp.Diff(with(id("7"), cpu(4, 4)), got); err != nil || diff != "" {
		t.Errorf("got error %v and (-want +got):\n%s", err, diff)
	}
}

func TestAJobIsOursByTheStartOfALabel(t *testing.T) {
	for label, want := range map[string]bool{
		"mayfly": true, "MayFly": true, "mayfly=1": true, "mayfly/cpu=2": true, "mayfly,cpu=2": true,
		"runs-on": true, "runs-on=1": true, "Runs-On/cpu=x": true, "runs-on,": true,
		"": false, "mayfly2": false, "mayfly-x": false, "my-mayfly": false, "runs-on-x": false, "runs": false, "ubuntu-latest": false,
		"cpu=4": false, "dependabot": false, "run\u017f-on": false,
	} {
		if got := labels.Ours([]string{"self-hosted", label}); got != want {
			t.Errorf("Ours(self-hosted, %q): got %v, want %v", label, got, want)
		}
	}
	if !labels.Ours([]string{"Dependabot"}) {
		t.Error("Ours(Dependabot): got false, want true: its job is told why it gets nothing")
	}
}

func TestAJobIsForTheStackOfItsEnvironmentAndRegion(t *testing.T) {
	for _, test := range []struct {
		labels, env, region string
		want                string // empty: it is for this stack
	}{
		{"mayfly", "production", "eu-west-1", ""},
		{"mayfly", "staging", "eu-west-1", "env=production"},
		{"mayfly/env=staging", "staging", "eu-west-1", ""},
		{"mayfly/env=Staging", "staging", "eu-west-1", ""},
		{"mayfly env=staging", "staging", "eu-west-1", ""},
		{"mayfly/env=staging", "production", "eu-west-1", "env=staging"},
		{"mayfly/region=us-east-1", "production", "eu-west-1", "region=us-east-1"},
		{"mayfly/region=EU-west-1", "production", "eu-west-1", ""},
		{"mayfly/env=staging/region=us-east-1", "staging", "eu-west-1", "region=us-east-1"},
		{"mayfly/cpu=x/cpu=y/env=staging", "production", "eu-west-1", "env=staging"}, // what is wrong is theirs to tell
		{"mayfly/pool=a/env=staging", "production", "eu-west-1", "env=staging"},
		{"mayfly/cpu=x", "production", "eu-west-1", ""},
		{"dependabot", "staging", "eu-west-1", ""},
	} {
		if got := labels.Elsewhere(strings.Fields(test.labels), test.env, test.region); got != test.want {
			t.Errorf("%s, in %s, %s: got %q, want %q", test.labels, test.env, test.region, got, test.want)
		}
	}
}

func TestAnAskHasANameForPeople(t *testing.T) {
	for label, want := range map[string]string{
		"mayfly/runner=4cpu-linux-x64":                 "4cpu-linux-x64 spot",
		"mayfly/runner=8cpu-linux-arm64/spot=false":    "8cpu-linux-arm64 on-demand",
		"mayfly/cpu=2+8":                               "2-8cpu-linux-x64 spot",
		"mayfly/ram=16":                                "2+cpu-16+gb-linux-x64 spot",
		"mayfly/cpu=4/ram=16+32/family=m7a+c7/spot=lp": "4cpu-16-32gb-linux-x64 m7a+c7 spot",
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

func TestTypesInTheOrderOfTheLabel(t *testing.T) {
	for label, want := range map[string]bool{"mayfly/spot=cop": true, "mayfly/spot=co": false, "mayfly/spot=false": false} {
		if ask, _ := labels.Parse([]string{label}); ask.Prioritized() != want {
			t.Errorf("%s: got %v, want %v", label, ask.Prioritized(), want)
		}
	}
}
