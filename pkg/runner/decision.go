package runner

// DecisionKind is what a [Decision] decides.
type DecisionKind string

// The kinds of decisions.
const (
	DecideLaunch DecisionKind = "launch" // one fleet call, for Slots of Shape
	DecideWait   DecisionKind = "wait"   // Job stays queued, for Reason
	DecideRefuse DecisionKind = "refuse" // Job gets no runner, for Reason
)

// Decision is one thing that the scheduler wants done, and why.
type Decision struct {
	Kind      DecisionKind
	Reason    Reason
	Job       int64      // of a wait or a refusal
	Shape     Shape      // of a launch
	Offerings []Offering // of a launch: those of the shape to try
	Slots     []Slot     // of a launch, oldest job first
}
