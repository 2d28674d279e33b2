package runner

// Terms is what a job's labels come to, with what the stack has to offer.
type Terms struct {
	Shape   Shape
	Retry   bool   // the job is run again if EC2 takes its spot instance back
	SSH     bool   // people may log in to the instance
	Warning Reason // what was wrong with the labels, though not wrong enough to refuse the job; or NoReason
}
