package runner_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestAVolumeTakesFromAnotherWhatItDoesNotSay(t *testing.T) {
	stack := runner.Volume{GiB: 40, Type: "gp3", IOPS: 4000, Throughput: 500}
	for _, test := range []struct{ said, want runner.Volume }{
		{runner.Volume{}, stack},
		{runner.Volume{GiB: 80}, runner.Volume{GiB: 80, Type: "gp3", IOPS: 4000, Throughput: 500}},
		{runner.Volume{Type: "gp3", IOPS: 6000}, runner.Volume{GiB: 40, Type: "gp3", IOPS: 6000, Throughput: 500}},
		{runner.Volume{Throughput: 250}, runner.Volume{GiB: 40, Type: "gp3", IOPS: 4000, Throughput: 250}},
		{runner.Volume{Type: "io2", IOPS: 100}, runner.Volume{GiB: 40, Type: "io2", IOPS: 100}},
	} {
		if got := test.said.Or(stack); got != test.want {
			t.Errorf("%+v: got %+v, want %+v", test.said, got, test.want)
		}
	}
}
