package catalog

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func BenchmarkSelect(b *testing.B) {
	all := Load()
	want := Want{Arch: runner.X64, MinVCPU: 4, MaxVCPU: 4, MinGiB: 8, Families: []Pattern{"m7a", "c7a", "m7i-flex"}}
	b.ReportAllocs()
	for b.Loop() {
		all.Select(want)
	}
}
