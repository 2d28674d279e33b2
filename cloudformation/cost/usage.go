package cost

import "fmt"

// What is assumed of the jobs, and of what a job and a minute make the parts of a stack do: rather too much than too
// little. On moto, where neither EventBridge nor an agent tells anything, a job that was alone made 11 requests to SQS,
// and to DynamoDB 18 transactions of 42 items, 16 updates and 16 queries. An item in a transaction is two units, and
// the index costs as much again.
const (
	instanceType  = "m7a.large" // 2 vCPUs, 8 GiB
	spotDiscount  = 0.6
	jobMinutes    = 10.0
	aroundMinutes = 1.0 // that the instance lives before and after its job
	volumeGB      = 40.0

	messagesPerJob = 30.0
	writesPerJob   = 250.0 // units
	readsPerJob    = 100.0 // units
	putsPerJob     = 6.0
	getsPerJob     = 20.0
	eventsPerJob   = 6.0
	logKBPerJob    = 200.0
	recordKBPerJob = 20.0 // kept for 30 days
	webCallsPerJob = 4.0
	passesPerJob   = 10.0 // that the worker makes on Lambda

	webSeconds      = 0.5
	passSeconds     = 2.0
	idleTickSeconds = 0.5  // of a tick that finds nothing to do
	busyTickSeconds = 55.0 // of one that holds the server awake

	messagesPerTick   = 3.0
	pollsPerMinute    = 15.0 // of Lambda, for a queue that is empty: five pollers, 20 s each
	unitsPerTick      = 4.0  // of reads and of writes
	secretReadsPerDay = 3 * 288.0
	logKBPerTick      = 1.0
)

// Assumptions are sentences that say the same.
func Assumptions() []string {
	return []string{
		fmt.Sprintf("A job takes %v minutes on %#q (2 vCPUs, 8 GiB), its instance lives for %v minute more, and has %v GB of gp3 and a public address.", jobMinutes, instanceType, aroundMinutes, volumeGB),
		fmt.Sprintf("Spot costs %.0f %% less than on demand. It differs by type, zone and hour, and a job may name its type.", spotDiscount*100),
		"Jobs come at all hours: the tick finds something unfinished each minute, and holds the server awake for it.",
		fmt.Sprintf("A job makes %v requests to SQS, %v units of writes and %v of reads, %v PUTs and %v GETs, and %v KB of logs.", messagesPerJob, writesPerJob, readsPerJob, putsPerJob, getsPerJob, logKBPerJob),
		"App Runner counts at least a minute of vCPU whenever it begins to serve, and the tick comes each minute: so its vCPU is always counted, with jobs or without.",
		"What leaves AWS, such as uploads of jobs, and images of your own are not in it. What comes in costs nothing.",
	}
}
