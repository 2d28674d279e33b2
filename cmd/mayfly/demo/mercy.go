package demo

import (
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Five launches that bring it nothing end a job, which then is a reason to read, and nothing to repair.
// So that no seed comes to that, only so many instances come to harm, and the more the more jobs there are.
func harmed(jobs int) int { return 2 + jobs/6 } // of each capacity type
func stolen(jobs int) int { return 1 + jobs/16 }

// spare bounds the instances that a cloud's faults harm. What becomes of a tag harms none.
func spare(fate func(runner.Instance) localcloud.Fate, most int) func(runner.Instance) localcloud.Fate {
	harmed := map[runner.CapacityType]int{}
	return func(instance runner.Instance) localcloud.Fate {
		meets := fate(instance)
		harmless := localcloud.Fate{TagsLost: meets.TagsLost}
		of := instance.Offering.Capacity
		switch {
		case meets == harmless:
		case harmed[of] == most:
			return harmless
		default:
			harmed[of]++
		}
		return meets
	}
}

// spareRunners bounds the runners that are stolen.
func spareRunners(steal func(localhub.RunnerEntry) bool, most int) func(localhub.RunnerEntry) bool {
	stolen := 0
	return func(entry localhub.RunnerEntry) bool {
		if !steal(entry) || stolen == most {
			return false
		}
		stolen++
		return true
	}
}

// whole leaves fleets of one whole: a part of one is none.
func whole(trouble func(localcloud.Call) localcloud.Trouble) func(localcloud.Call) localcloud.Trouble {
	return func(call localcloud.Call) localcloud.Trouble {
		struck := trouble(call)
		if struck.Kind == localcloud.Partial && call.Launch.Count == 1 {
			return localcloud.Trouble{}
		}
		return struck
	}
}
