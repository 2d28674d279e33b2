package runner

// DecisionKind is what a [Decision] decides.
type DecisionKind string

// The kinds of decisions.
const (
	DecideLaunch DecisionKind = "launch" // one fleet call, for Slots of Shape
	DecideWait   DecisionKind = "wait"   // Job stays queued, for Reason
	DecideRefuse DecisionKind = "refuse" // Job gets no runner, for Reason
	DecideExpire DecisionKind = "expire" // Job waited for so long that GitHub has failed it
	DecideRetire DecisionKind = "retire" // Runner is to go, for Reason
)

// Decision is one thing that the scheduler wants done, and why.
type Decision struct {
	Kind      DecisionKind
	Reason    Reason
	Job       int64      // of a wait, a refusal or an expiry
	Runner    string     // of a retirement: its instance
	Shape     Shape      // of a launch
	Instead   string     // of a launch: why it is on demand or from another image, where its jobs asked otherwise
	Offerings []Offering // of a launch: those of the shape to try
	Slots     []Slot     // of a launch, oldest job first
}
