package metrics

import "github.com/mayfly-ci/mayfly/pkg/runner"

// The names of the metrics.
const (
	internalQueue  = "mayfly_internal_queue_duration_seconds"
	overallQueue   = "mayfly_overall_queue_duration_seconds"
	phaseDuration  = "mayfly_phase_duration_seconds"
	jobDuration    = "mayfly_job_duration_seconds"
	passDuration   = "mayfly_pass_duration_seconds" //nolint:gosec // no password
	jobMoves       = "mayfly_job_transitions_total"
	jobWaits       = "mayfly_job_waits_total"
	jobsCompleted  = "mayfly_jobs_completed_total"
	runnerMoves    = "mayfly_runner_transitions_total"
	fleetCalls     = "mayfly_fleet_calls_total"
	launchErrors   = "mayfly_launch_errors_total"
	launched       = "mayfly_instances_launched_total"
	interruptions  = "mayfly_interruptions_total"
	reruns         = "mayfly_reruns_total"
	webhooks       = "mayfly_webhooks_total"
	unknownItems   = "mayfly_unknown_items_total"
	jobsNow        = "mayfly_jobs"
	runnersNow     = "mayfly_runners"
	oldestQueued   = "mayfly_oldest_queued_job_seconds"
	ec2Left        = "mayfly_ec2_tokens"
	gitHubPoints   = "mayfly_github_points"
	gitHubAccounts = 20 // of which the points are shown
)

var (
	waiting = []float64{.1, .5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600, 1800, 3600}
	working = []float64{10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600}
	passing = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
)

// Definitions are all the metrics. The outcomes are all that a webhook may have.
func Definitions(outcomes []string) []Definition {
	return []Definition{
		{internalQueue, Histogram, "From hearing that a job is queued until a runner took it, by the server's clock.", nil, waiting},
		{overallQueue, Histogram, "From GitHub making a job, by its clock, until a runner took it; what waited for an approval is as old as that.", nil, waiting},
		{phaseDuration, Histogram, "How long each phase took, of those between a queued job and the end of its instance.", []Label{phase}, waiting},
		{jobDuration, Histogram, "From a runner taking a job until the job ended.", []Label{conclusion}, working},
		{passDuration, Histogram, "A pass of the server, with all that it asked of EC2 and GitHub.", []Label{passOutcome}, passing},

		{jobMoves, Counter, "Jobs that came into a state, and for what reason, if there is one.", []Label{jobState, reasonKind}, nil},
		{jobWaits, Counter, "Reasons told to queued jobs for why they wait.", []Label{reasonKind}, nil},
		{jobsCompleted, Counter, "Jobs that ended on GitHub, whether or not a runner took them.", []Label{conclusion}, nil},
		{runnerMoves, Counter, "Runners that came into a state, and for what reason, if there is one.", []Label{runnerState, reasonKind}, nil},
		{fleetCalls, Counter, "Calls of EC2's CreateFleet, repeated ones too.", []Label{fleetOutcome}, nil},
		{launchErrors, Counter, "What EC2 gave as a reason for less than was asked of it; each no_capacity is one of an offering.", []Label{errorClass, capacityType}, nil},
		{launched, Counter, "Instances that EC2 gave.", []Label{capacityType}, nil},
		{interruptions, Counter, "Spot instances that EC2 took back from a runner which had a job, or might have got one.", nil, nil},
		{reruns, Counter, "Interrupted jobs that waited for the end of their run: done again, or left.", []Label{{"outcome", []string{done, left}}}, nil},
		{webhooks, Counter, "Requests to the webhook endpoint, and to paths where there is nothing.", []Label{{"outcome", outcomes}}, nil},

		{unknownItems, Counter, "Items of the record that another release made and this one does not know, each time that the record is read.", nil, nil},

		{jobsNow, Gauge, "Jobs that have not ended.", []Label{{"state", texts(liveJobs)}}, nil},
		{runnersNow, Gauge, "Runners whose instance may be there.", []Label{{"state", texts(liveRunners)}}, nil},
		{oldestQueued, Gauge, "How long the job has been queued that has been for longest; 0 if none is.", nil, nil},
		{ec2Left, Gauge, "Tokens left in EC2's buckets, as far as is known.", []Label{ec2Bucket}, nil},
		{gitHubPoints, Gauge, "Points left within GitHub's rolling minute, as far as is known, of the 20 accounts that have least.", []Label{{"app", nil}, {"owner", nil}}, nil},
	}
}

var (
	passOutcome  = Label{"outcome", []string{done, failed}}
	fleetOutcome = Label{"outcome", append([]string{full, partial, none}, texts(errorClasses)...)}
	errorClass   = Label{"class", texts(errorClasses)}
	ec2Bucket    = Label{"bucket", []string{"fleet_calls", "instances"}}
)

var errorClasses = []runner.LaunchErrorClass{
	runner.NoCapacity, runner.Quota, runner.Throttled, runner.Denied, runner.BadRequest, runner.UnknownOutcome,
}
