package runner

import (
	"maps"
	"time"
)

// BrokenAfter is how many instances of an image in a row have to boot and never listen for it to be broken. One may
// be the machine's fault, and the second its neighbour's.
const BrokenAfter = 3

// forgetBoots is how long it is remembered that an image did not boot: as long as the record keeps what is over.
const forgetBoots = 30 * 24 * time.Hour

// Boots is which images lately did not boot: one item of the record. One of which an instance listened since is not
// in it.
type Boots struct {
	Failed map[string]FailedBoots `json:"failed"` // by image
}

// FailedBoots are the instances of an image that never listened, with none between them that did.
type FailedBoots struct {
	InARow int       `json:"in_a_row"`
	Last   time.Time `json:"last"`
}

// Heard is what a runner's change tells of its image, and whether that is anything new.
func (b Boots) Heard(before, after Runner, now time.Time) (boots Boots, news bool) {
	failed, known := b.Failed[after.Image]
	switch {
	case after.Image == "" || before.State != RunnerLaunching && before.State != RunnerBooting:
		return b, false
	case neverListened(before, after):
		failed = FailedBoots{InARow: failed.InARow + 1, Last: now.UTC()}
	case known && listened(after):
		failed = FailedBoots{}
	default:
		return b, false
	}
	kept := maps.Clone(b.Failed)
	maps.DeleteFunc(kept, func(image string, f FailedBoots) bool {
		return image == after.Image || !f.Last.After(now.Add(-forgetBoots))
	})
	if kept == nil {
		kept = map[string]FailedBoots{}
	}
	if failed.InARow > 0 {
		kept[after.Image] = failed
	}
	return Boots{Failed: kept}, true
}

// neverListened says whether a runner that had all it needs booted in vain: its time was over, or it ended. That it was
// told to go before that, or that EC2 took it back, is not its image's fault.
func neverListened(before, after Runner) bool {
	if before.State != RunnerBooting || before.Leaving != NoReason() || after.Interrupted() {
		return false
	}
	if _, failed := after.Stamps[RunnerFailed]; failed { // and may be gone by now
		return after.Reason.Kind == ReasonExitedEarly || after.Reason.Kind == ReasonInstanceGone
	}
	return after.Leaving.Kind == ReasonNeverBooted
}

// listened says whether a runner came as far as to listen, whatever became of it.
func listened(r Runner) bool {
	for _, state := range []RunnerState{RunnerIdle, RunnerBusy, RunnerFinished, RunnerInterrupted} {
		if _, entered := r.Stamps[state]; entered {
			return true
		}
	}
	return false
}

// Broken says whether an image does not boot. To promote it again is to try it again.
func (b Boots) Broken(image Image) bool {
	failed := b.Failed[image.ID]
	return failed.InARow >= BrokenAfter && !image.Promoted.After(failed.Last)
}

// Key is the boots' key in the record.
func (Boots) Key() string { return "boots" }

// Live is always true: the boots are read with all that is unfinished.
func (Boots) Live() bool { return true }
