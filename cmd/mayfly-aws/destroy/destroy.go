// Package destroy is `mayfly destroy`: it ends a stack's runners, empties its bucket, deletes the stack, and says what is
// left.
package destroy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// Program is what it needs of where it runs.
type Program struct {
	Console console.Console
	AWS     *http.Client // nil is the SDK's own
}

// Run destroys. The error is told once, by the caller.
func (p Program) Run(ctx context.Context, flags Flags) error {
	p.Console.Yes = flags.Yes
	in, err := account.Open(ctx, flags.Region, p.AWS)
	if err != nil {
		return err
	}
	stacks := stack.New(in)
	found, err := stacks.Find(ctx, flags.Stack)
	if err != nil {
		return err
	}
	if found == nil {
		return console.Misuse(fmt.Errorf("--stack is %q, and account %s has no such stack in %s: name it, and where it is with --region", flags.Stack, in.ID, in.Region()))
	}
	if !found.Ours() {
		return console.Misuse(fmt.Errorf("--stack is %q, and that stack is not of Mayfly's template: name another", flags.Stack))
	}
	if found.Busy() {
		return fmt.Errorf("the stack %s is %s: %s", found.Name, found.Status, stack.Remedy(found.Status, found.Name))
	}
	question := fmt.Sprintf("This ends every job that runs on %s in account %s, %s, and deletes the stack with its queue and its secrets.", found.Name, in.ID, in.Region())
	if name := found.Parameters["ArtifactBucket"]; flags.Artifacts && name != "" {
		question += fmt.Sprintf(" It deletes the bucket %s, too, which other stacks may use.", name)
	}
	if err := p.Console.Confirm(question, found.Name); err != nil {
		return err
	}
	guard, err := instance.NewGuard(in.Config, found.Name)
	if err != nil {
		return err
	}
	w := &wrecker{Program: p, in: in, stacks: stacks, guard: guard, stack: found}
	if err := w.wreck(ctx, flags.Artifacts); err != nil {
		return account.Told(err)
	}
	w.tell(flags.Artifacts)
	return nil
}

// wrecker destroys one stack.
type wrecker struct {
	Program
	in     account.Account
	stacks *stack.Stacks
	guard  *instance.Guard
	stack  *stack.Stack
	kept   []stack.Event
}

// wreck ends runners before, while and after the stack is deleted: until its server is gone, jobs that wait get others.
func (w *wrecker) wreck(ctx context.Context, artifacts bool) error {
	if err := w.endRunners(ctx); err != nil {
		return err
	}
	if name := w.stack.Outputs["ControlBucketName"]; name != "" {
		if err := w.empty(ctx, name); err != nil {
			return err
		}
	}
	if err := w.delete(ctx); err != nil {
		return err
	}
	if err := w.endRunners(ctx); err != nil {
		return err
	}
	name := w.stack.Parameters["ArtifactBucket"]
	if !artifacts || name == "" {
		return nil
	}
	if err := w.empty(ctx, name); err != nil {
		return err
	}
	w.Console.Say("delete the bucket %s", name)
	return w.in.Bucket(name).Remove(ctx)
}

func (w *wrecker) empty(ctx context.Context, name string) error {
	w.Console.Say("empty the bucket %s", name)
	deleted, err := w.in.Bucket(name).Empty(ctx)
	if err == nil {
		w.Console.Say("  %d objects are gone", deleted)
	}
	return err
}

func (w *wrecker) delete(ctx context.Context) error {
	w.Console.Say("delete the stack %s", w.stack.Name)
	last, err := w.stacks.Latest(ctx, w.stack.ID)
	if err != nil {
		return err
	}
	if err := w.stacks.Delete(ctx, w.stack.ID); err != nil {
		return err
	}
	following, done := context.WithCancel(ctx)
	var ending sync.WaitGroup
	ending.Go(func() { w.keepEnding(following) })
	err = w.follow(ctx, last)
	done()
	ending.Wait()
	var failure *stack.FailureError
	switch {
	case errors.As(err, &failure):
		return fmt.Errorf("%w: %s", err, stack.Remedy(failure.Status, w.stack.Name))
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("nobody waits any more, and CloudFormation goes on deleting the stack %s: run the same command once more to see it through", w.stack.Name)
	}
	return err
}

func (w *wrecker) follow(ctx context.Context, last string) error {
	tell := stack.Telling(w.Console.Say)
	return w.stacks.Follow(ctx, w.stack.ID, last, func(event stack.Event) {
		if event.Kept() {
			w.kept = append(w.kept, event)
		}
		tell(event)
	})
}
