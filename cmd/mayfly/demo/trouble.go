package demo

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server"
)

// The intervals of a demo with faults. They are seconds where they really are minutes, so that every
// repair can be watched.
const (
	sweepEvery   = 2 * time.Second
	absent       = 4 * time.Second  // until GitHub is believed that our App is not installed
	quiet        = 4 * time.Second  // until the jobs of a repository are read where nothing seems wrong
	repositories = 10 * time.Second // until the repositories are listed again
	believe      = 6 * time.Second  // until an instance that EC2 does not show is gone; longer than lasting
	surplus      = 5 * time.Second  // that a runner is kept which no job needs
	grace        = 3 * time.Second  // that an instance has to power itself off
	alone        = 3 * time.Second  // that an offering is left alone which EC2 has none of
	shown        = 5 * time.Second  // until EC2 surely shows what it launched; longer than lasting
	longestWait  = 4 * time.Second  // between two tries of what failed
	giveUp       = 3 * time.Second  // that a request to GitHub or S3 may take

	lostAfter = 5 * time.Second  // until GitHub gives up a runner with a job that is silent
	jitLife   = 60 * time.Second // of a JIT config that is not used
	notice    = time.Second      // that a spot instance is left; shorter than a job on one
	lasting   = 3 * time.Second  // of what AWS suffers from for a while, and the longest delay of an event
	outage    = 4 * time.Second  // of GitHub, and of its sender of webhooks
	within    = 10 * time.Second // of which GitHub's outage comes
	limited   = 2 * time.Second  // for which GitHub wants to be left alone, where it tells

	// gitHubApps share the load: a limit that GitHub does not tell the length of closes one for a minute.
	gitHubApps = 6
)

// bootLimit is how long an instance may take to boot: all of them share this computer, and GitHub may
// be down for some of it.
func bootLimit(jobs int) time.Duration { return time.Duration(10+jobs/8) * time.Second }

// hubChances are those of each webhook, API call, runner and job.
var hubChances = map[localhub.Fault]float64{
	localhub.WebhookLost: 0.06, localhub.WebhookFailed: 0.06, localhub.WebhookDuplicated: 0.06, localhub.WebhookDelayed: 0.06,
	localhub.APIError: 0.01, localhub.APIBadGateway: 0.01, localhub.APIAnswerLost: 0.01, localhub.APIHung: 0.007,
	localhub.APILimited: 0.007, localhub.APILimitedMute: 0.007, localhub.APITooMany: 0.007, localhub.APIUsedUp: 0.007,
	localhub.RunnerStolen: 0.05, localhub.JobStolen: 0.08,
}

// cloudChances are those of each call, instance and event, or a share of the time. Jobs here are so
// short that most instances are gone before they would be interrupted or killed.
var cloudChances = map[string]float64{
	localcloud.Throttled: 0.05, localcloud.Unavailable: 0.08, localcloud.AnswerLost: 0.05,
	localcloud.Partial: 0.2, localcloud.Quota: 0.08, localcloud.NoCapacity: 0.03,
	localcloud.LaunchFailed: 0.03, localcloud.NeverBoots: 0.03, localcloud.Interrupted: 0.2, localcloud.Killed: 0.03, localcloud.TagsLost: 0.05,
	localcloud.EventLost: 0.08, localcloud.ReportLost: 0.08, localcloud.EventDuplicated: 0.08, localcloud.EventDelayed: 0.08,
	localcloud.DescribeLag: 0.15, localcloud.S3Unavailable: 0.03,
}

// trouble is a demo with faults; nil is one without, of which it changes nothing.
type trouble struct{ Flags }

func newTrouble(f Flags) *trouble {
	if !f.Faults {
		return nil
	}
	return &trouble{f}
}

func (t *trouble) hub(config localhub.Config) localhub.Config {
	if t == nil {
		return config
	}
	config.Apps, config.JITLife, config.LostAfter = gitHubApps, jitLife, lostAfter
	config.Faults = localhub.RandomFaults(t.Seed, localhub.Rates{
		Chances: hubChances, Delay: lasting, Within: within, SenderOff: outage, Outage: outage,
	})
	config.Faults.RetryAfter = limited
	config.Faults.StealRunner = spareRunners(config.Faults.StealRunner, stolen(t.Jobs))
	return config
}

func (t *trouble) cloud(config localcloud.Config) localcloud.Config {
	if t == nil {
		return config
	}
	config.Notice = notice
	config.Faults = localcloud.RandomFaults(t.Seed, localcloud.Rates{Of: cloudChances, Lasting: lasting})
	config.Faults.Call = whole(config.Faults.Call)
	config.Faults.Fate = spare(config.Faults.Fate, harmed(t.Jobs))
	return config
}

func (t *trouble) server(config server.Config) server.Config {
	if t == nil {
		return config
	}
	config.Sweep.Every, config.Sweep.Quiet, config.Sweep.Repositories, config.Sweep.Believe = sweepEvery, quiet, repositories, believe
	config.BootLimit, config.Surplus, config.Grace = bootLimit(t.Jobs), surplus, grace
	config.NoCapacity, config.Shown, config.LongestWait = alone, shown, longestWait
	return config
}

// jobs take a second longer, in which an instance may be killed, and on spot instances three: so some are
// interrupted, and run again. The sample's are runs of eight: a job runs again only if no other of its run
// failed by itself.
func (t *trouble) jobs(jobs []localhub.Job) []localhub.Job {
	if t == nil {
		return jobs
	}
	for i := range jobs {
		while := "sleep 1"
		if ask, err := labels.Parse(jobs[i].Labels); err == nil && ask.Capacity == runner.Spot {
			while = "sleep 3"
		}
		if t.Workflow == "" {
			jobs[i].RunID = runID + int64(i/8)
			jobs[i].Env["GITHUB_RUN_ID"] = strconv.FormatInt(jobs[i].RunID, 10)
		}
		jobs[i].Steps = slices.Insert(jobs[i].Steps, 0, localhub.Step{Name: "take a while", Run: while})
	}
	return jobs
}

// patience is how long a request may take.
func (t *trouble) patience() time.Duration {
	if t == nil {
		return callFor
	}
	return giveUp
}

// String names the intervals.
func (t *trouble) String() string {
	return fmt.Sprintf("Faults are on, by the seed. So that each repair can be watched, all is quicker than it really is: "+
		"a sweep looks at GitHub and AWS every %s; an instance has %s to boot, and %s to power itself off; one that EC2 no longer shows "+
		"is believed gone after %s; an offering without capacity is left alone for %s; what failed is tried again within %s; a runner that no job needs is kept for %s; "+
		"GitHub gives up a silent runner after %s, and is down for %s, as its sender of webhooks is, within the first %s.",
		inSeconds(sweepEvery), inSeconds(bootLimit(t.Jobs)), inSeconds(grace), inSeconds(believe), inSeconds(alone), inSeconds(longestWait), inSeconds(surplus),
		inSeconds(lostAfter), inSeconds(outage), inSeconds(within))
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }
