package localcloud_test

import (
	"testing"

	"github.com/mayfly-ci/mayfly/pkg/instance/instancetest"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestTheCloudKeepsTheContractOfEC2(t *testing.T) {
	instancetest.Contract(t, func(t *testing.T) instancetest.World {
		cloud := newWorld(t, localcloud.Config{})
		requestOf := func(launch string, count int, capacity runner.CapacityType) runner.LaunchRequest {
			r := request("token-"+launch, count)
			r.Launch, r.Shape.Capacity = launch, capacity
			r.Offerings = r.Shape.Offerings()
			return r
		}
		return instancetest.World{
			Fleet: cloud, Request: requestOf,
			Stranger: func(t *testing.T) string {
				r := requestOf("stranger", 1, runner.OnDemand)
				r.Stack = "other"
				result, err := cloud.Launch(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				return result.Instances[0].ID
			},
		}
	})
}
