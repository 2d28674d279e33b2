package demo

import (
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const (
	readAgain   = "the jobs are read from GitHub"
	forward     = "states only move forward"
	askAgain    = "asked again, later each time"
	otherApp    = "left alone as long as GitHub says; another App goes on"
	sameAgain   = "the same call again, with the same token"
	another     = "another instance is launched"
	anotherElse = "another instance is launched, unless it had its job"
)

// repairs is what mends each kind of fault.
var repairs = []struct{ kind, by string }{
	{string(localhub.WebhookLost), readAgain},
	{string(localhub.WebhookFailed), "GitHub is asked to deliver it again"},
	{string(localhub.WebhookDuplicated), forward},
	{string(localhub.WebhookDelayed), forward},
	{string(localhub.WebhookSenderOff), readAgain},
	{string(localhub.APIError), askAgain},
	{string(localhub.APIBadGateway), askAgain},
	{string(localhub.APIAnswerLost), "asked again; a runner gets a name that was never used"},
	{string(localhub.APILimited), otherApp},
	{string(localhub.APILimitedMute), "left alone for a minute; another App goes on"},
	{string(localhub.APITooMany), otherApp},
	{string(localhub.APIUsedUp), otherApp},
	{string(localhub.APIHung), "given up, and asked again"},
	{string(localhub.APIOutage), askAgain},
	{string(localhub.RunnerStolen), another},
	{string(localhub.JobStolen), "its runner takes another job, or is let go"},
	{localcloud.Throttled, sameAgain},
	{localcloud.Unavailable, sameAgain},
	{localcloud.AnswerLost, "the same call again, and what it made is found by its tag"},
	{localcloud.Partial, "exactly the missing instances are launched"},
	{localcloud.Quota, "the job waits, and is told why"},
	{localcloud.NoCapacity, "other offerings; on demand, where spot has none"},
	{localcloud.LaunchFailed, another},
	{localcloud.NeverBoots, "it is ended, and " + another},
	{localcloud.Interrupted, "another instance is launched; the job that it had runs again, on demand"},
	{localcloud.Killed, anotherElse},
	{localcloud.TagsLost, "it is known by its id, or ended as nobody's"},
	{localcloud.EventLost, "the sweep looks at EC2"},
	{localcloud.ReportLost, "GitHub tells the same, in webhooks and when it is asked"},
	{localcloud.EventDuplicated, forward},
	{localcloud.EventDelayed, forward},
	{localcloud.DescribeLag, "nothing is believed gone before a second look"},
	{localcloud.S3Unavailable, "tried again"},
}

// faultTable is a line for each kind of fault that fired.
func faultTable(fired map[string]int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-19s  %5s  %s\n", "FAULT", "FIRED", "REPAIR")
	for _, repair := range repairs {
		if times := fired[repair.kind]; times > 0 {
			fmt.Fprintf(&out, "%-19s  %5d  %s\n", repair.kind, times, repair.by)
		}
	}
	return out.String()
}
