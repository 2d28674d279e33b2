package cost

// Platform is what the server runs on.
type Platform string

// The platforms, as the template's parameter ServerPlatform has them.
const (
	AppRunner Platform = "AppRunner"
	Lambda    Platform = "Lambda"
)

// Stack is what of a stack has a price by itself.
type Stack struct {
	Platform                    Platform
	VCPU, GB                    float64 // of the container
	TickGB, WebGB, WorkerGB     float64 // memory of the functions
	Secrets, Alarms, Dashboards int
}

// Server is what all but the instances costs in a month with so many jobs a day.
func Server(stack Stack, jobsPerDay float64) []Line {
	jobs := jobsPerDay * days
	lines := stack.compute(jobs)
	polls := messagesPerTick
	if stack.Platform == Lambda {
		polls = pollsPerMinute
	}
	return append(lines,
		Line{"Schedule", minutes, schedulerCall},
		Line{"Queue", minutes*polls + jobs*messagesPerJob, message},
		Line{"Record: writes", minutes*unitsPerTick + jobs*writesPerJob, write},
		Line{"Record: reads", minutes*unitsPerTick + jobs*readsPerJob, read},
		Line{"Record: storage", jobs * recordKBPerJob / 1e6, record},
		Line{"Bucket: writes", jobs * putsPerJob, put},
		Line{"Bucket: reads", jobs * getsPerJob, get},
		Line{"Events", jobs * eventsPerJob, event},
		Line{"Logs", (minutes*logKBPerTick + jobs*logKBPerJob) / 1e6, logs},
		Line{"Secrets", float64(stack.Secrets), secret},
		Line{"Secrets: reads", secretReadsPerDay * days, secretRead},
		Line{"Alarms", float64(stack.Alarms), alarm},
		Line{"Metric of the usage alarm", 1, metric},
		Line{"Dashboard", float64(stack.Dashboards), dashboard},
	)
}

// compute is what runs.
func (s Stack) compute(jobs float64) []Line {
	tick := idleTickSeconds
	if jobs > 0 {
		tick = busyTickSeconds
	}
	if s.Platform == AppRunner {
		return []Line{
			{"Server: vCPU", s.VCPU * hours, appRunnerVCPU},
			{"Server: memory", s.GB * hours, appRunnerMemory},
			{"Functions: time", minutes * tick * s.TickGB, lambdaTime},
			{"Functions: calls", minutes, lambdaCall},
		}
	}
	passes := minutes + jobs*passesPerJob
	return []Line{
		{"Functions: time", passes*passSeconds*s.WorkerGB + jobs*webCallsPerJob*webSeconds*s.WebGB, lambdaTime},
		{"Functions: calls", passes + jobs*webCallsPerJob, lambdaCall},
	}
}

// Instances is what the instances of so many jobs a day cost in a month.
func Instances(jobsPerDay float64, onSpot bool) []Line {
	lived := jobsPerDay * days * (jobMinutes + aroundMinutes) / 60
	price := onDemand
	if onSpot {
		price = spot
	}
	return []Line{
		{"Instances", lived, price},
		{"Volumes", lived / hours * volumeGB, volume},
		{"Public addresses", lived, address},
	}
}

// NAT is what a NAT gateway costs in a month, without its traffic.
func NAT() Line { return Line{"NAT gateway", hours, natHour} }
