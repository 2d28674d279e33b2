package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasMeasuredIsShownBesideItsGoal(t *testing.T) {
	in := `goos: linux
pkg: example.com/a
BenchmarkPass/nothing_new/1000_jobs-2         	     471	   2631926 ns/op	   5000000 goal-ns/op	  707363 B/op	    3434 allocs/op	    4.93 MB/1000jobs	    10.00 goal-MB/1000jobs
BenchmarkHandler/workflow_job/7KB             	   28773	     41294 ns/op	     40000 goal-ns/op	 189.58 MB/s
BenchmarkDemo-16   	       1	6932544012 ns/op	        61.67 MB	       100.0 goal-MB
BenchmarkMask-2   	     170	   6707406 ns/op
PASS
ok  	example.com/a	19.602s
--- FAIL: BenchmarkServerStart
panic: no
`
	want := `BENCHMARK                                MEASURED   GOAL
Pass/nothing_new/1000_jobs       4.93 MB/1000jobs   10 MB/1000jobs
Pass/nothing_new/1000_jobs                 2.63ms   5ms
Handler/workflow_job/7KB                   41.3µs   40µs  over
Demo                                      61.7 MB   100 MB
--- FAIL: BenchmarkServerStart
panic: no
`
	var out strings.Builder
	if err := show(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
