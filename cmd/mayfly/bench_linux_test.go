package main_test

import (
	"syscall"
	"testing"
)

// BenchmarkDemoOf100Jobs is the most memory that the demo's largest process has at any time: that is
// the one with GitHub, AWS and the server in it.
func BenchmarkDemoOf100Jobs(b *testing.B) {
	most := int64(0)
	for b.Loop() {
		process, out, errs, _ := command(b, "demo", "--jobs", "100", "--json", "--seed", "1")
		if err := process.Run(); err != nil {
			b.Fatalf("%v\n%s%s", err, out, errs)
		}
		most = max(most, process.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	b.ReportMetric(float64(most)/1000, "MB") // Linux counts in kB
	b.ReportMetric(100, "goal-MB")
}
