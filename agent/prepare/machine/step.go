package machine

import (
	"context"
	"fmt"
	"time"
)

// Step is one thing to be made of the machine, or the reason why it is not.
type Step struct {
	Name string
	Skip string // why there is nothing to do; empty if there is
	Acts []Act
}

// Act is one effect. It prints as the command that a person would type for it.
type Act interface {
	fmt.Stringer
	do(ctx context.Context, run Program) error
}

// Done is a step that was taken, or skipped.
type Done struct {
	Step    string
	Took    time.Duration
	Skipped string // the reason
}

// Run takes the steps in order, up to the first that fails; it is told, too.
func Run(ctx context.Context, steps []Step, run Program) ([]Done, error) {
	var all []Done
	for _, step := range steps {
		began := time.Now()
		err := step.take(ctx, run)
		all = append(all, Done{Step: step.Name, Took: time.Since(began), Skipped: step.Skip})
		if err != nil {
			return all, fmt.Errorf("%s: %w", step.Name, err)
		}
	}
	return all, nil
}

func (s Step) take(ctx context.Context, run Program) error {
	if s.Skip != "" {
		return nil
	}
	for _, act := range s.Acts {
		if err := act.do(ctx, run); err != nil {
			return fmt.Errorf("%s: %w", act, err)
		}
	}
	return nil
}
