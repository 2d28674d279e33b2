package scheduler_test

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/scheduler"
)

func TestALabelBecomesAShape(t *testing.T) {
	shapes := scheduler.Shapes{
		Catalog: catalog.Load(), Images: map[runner.Arch]string{runner.X64: "ami-x"}, RootVolume: 40,
		Subnets: []runner.Subnet{{ID: "subnet-a", Zone: "us-east-1a"}},
	}
	got, refused := shapes.For([]string{"mayfly=1/runner=4cpu-linux-x64/spot=true", "self-hosted"})
	if refused != runner.NoReason() {
		t.Fatalf("refused: %v", refused)
	}
	if got.Name != "4cpu-linux-x64 spot" || got.Image != "ami-x" || got.Arch != runner.X64 || got.Capacity != runner.Spot ||
		got.RootVolume != 40 || len(got.Subnets) != 1 || got.Strategy == "" {
		t.Errorf("got %+v", got)
	}
	for _, name := range got.Types {
		if !strings.HasSuffix(name, ".xlarge") {
			t.Errorf("candidate %s, want only types of 4 vCPUs", name)
		}
	}
	if len(got.Types) < 6 {
		t.Errorf("%d candidate types, want at least 6 to choose from", len(got.Types))
	}

	for label, want := range map[string]runner.ReasonKind{
		"mayfly/cpu=many":                   runner.ReasonBadLabel,
		"mayfly/runner=2cpu-linux-arm64":    runner.ReasonNoImage,
		"mayfly/cpu=3":                      runner.ReasonNoInstanceType,
		"mayfly/runner=3cpu-linux-x64":      runner.ReasonBadLabel,
		"mayfly/cpu=2/volume=80gb:gp3":      runner.ReasonBadLabel,
		"runs-on=7/runner=2cpu-windows-x64": runner.ReasonBadLabel,
	} {
		if _, refused := shapes.For([]string{label}); refused.Kind != want {
			t.Errorf("%s: got %q (%v), want %q", label, refused.Kind, refused, want)
		}
	}
}
