package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/launch"
	"github.com/mayfly-ci/mayfly/server/lifecycle"
)

// perReceive is how many messages are asked for at a time. SQS gives at most ten.
const perReceive = 10

// facts is what was heard and applied, but not stored yet. Messages are acknowledged only once what
// they changed is stored; a message that cannot be applied is left to come again, and blocks no other.
type facts struct {
	*pass
	latest  map[string]runner.Item // by key
	items   []runner.Item          // every change, in order
	handles []string
}

// drain applies what the queue has, until a receive brings less than it may or the time is over. It may be
// that there is more: that is heard by the next pass.
func (p *pass) drain(ctx context.Context, next hearing, until runner.Until) error {
	f := facts{pass: p, latest: map[string]runner.Item{}}
	for more := true; more; more = !p.heardAll && !until.Over() {
		messages, err := next(ctx)
		if err != nil {
			return fmt.Errorf("pass: %w: receive: %w", errQueue, err)
		}
		for _, message := range messages {
			f.hear(ctx, message)
		}
		if len(f.latest) > runner.MaxCommit/2 {
			if err := f.flush(ctx); err != nil {
				return err
			}
		}
		p.heardAll, next = len(messages) < perReceive, p.receive
	}
	return f.flush(ctx)
}

// hear applies a message. If any of its events cannot be applied all come again, which changes nothing of
// what was applied.
func (f *facts) hear(ctx context.Context, message runner.Message) {
	events, err := unpack(message.Body)
	for _, event := range events {
		items, failed := f.apply(ctx, event)
		err = errors.Join(err, failed)
		f.note(items)
	}
	if err != nil {
		f.config.Log.Warn("message not applied; it will come again", "error", err)
		return
	}
	f.handles = append(f.handles, message.Handle)
}

func (f *facts) note(items []runner.Item) {
	for _, item := range items {
		f.latest[item.Key()] = item
	}
	f.items = append(f.items, items...)
}

func (f *facts) flush(ctx context.Context) error {
	if len(f.items)+len(f.handles) == 0 {
		return nil
	}
	if err := f.store(ctx, f.items...); err != nil {
		return err
	}
	if len(f.handles) > 0 {
		if err := f.seams.Queue.Ack(ctx, f.handles...); err != nil {
			return fmt.Errorf("pass: %w: acknowledge: %w", errQueue, err)
		}
	}
	*f = facts{pass: f.pass, latest: map[string]runner.Item{}}
	return nil
}

// apply is what an event changes.
func (f *facts) apply(ctx context.Context, body []byte) ([]runner.Item, error) {
	var event runner.Event
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return f.changes(ctx, event)
}

// changes are what an event changes.
func (f *facts) changes(ctx context.Context, event runner.Event) ([]runner.Item, error) {
	if event.Job != nil && f.elsewhere(*event.Job) {
		return nil, nil
	}
	known, err := f.known(ctx, event)
	if err != nil {
		return nil, err
	}
	if event.Object == nil {
		changed := f.rules.Apply(known, event)
		return slices.Concat(changed, f.giveBack(known, changed), f.breaker(known.Runner, event.Instance != nil && event.Instance.Action != "")), nil
	}
	if known.Runner.Instance == "" {
		return nil, nil
	}
	report, err := f.report(ctx, event.Object.Key)
	if err != nil {
		return nil, err
	}
	changed := lifecycle.Report(known.Runner, report, event.At)
	return slices.Concat(changed, f.giveBack(known, changed), f.breaker(known.Runner, report.Kind == assignment.Interrupted)), nil
}

// elsewhere says whether a job is for another stack's runners, and on none of ours.
func (f *facts) elsewhere(job runner.JobEvent) bool {
	why := f.shapes.Elsewhere(job.Labels)
	if _, tookOurs := runner.InstanceOf(f.config.Stack, job.RunnerName); tookOurs || why == runner.NoReason() {
		return false
	}
	if job.Action == "queued" { // once is enough
		f.config.Log.Info("job ignored", "job_id", job.ID, "job", job.Name, "repository", job.Repository.FullName, "reason", why.String())
	}
	return true
}

// breaker remembers an interruption against its offering, once: EC2 tells us of it, and the agent may, too.
func (f *facts) breaker(interrupted runner.Runner, isNotice bool) []runner.Item {
	if !isNotice || interrupted.Instance == "" || interrupted.Interrupted() {
		return nil
	}
	memory := f.snapshot.NoCapacity
	if changed, ok := f.latest[memory.Key()].(runner.CapacityMemory); ok {
		memory = changed
	}
	return []runner.Item{memory.Interrupt(interrupted.Offering, f.snapshot.Now)}
}

func (f *facts) report(ctx context.Context, key string) (assignment.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, launch.Timeout)
	defer cancel()
	document, err := f.seams.Objects.Get(ctx, key)
	if err != nil {
		return assignment.Report{}, fmt.Errorf("report %s: %w", key, err)
	}
	report, err := assignment.DecodeReport(document)
	if err != nil {
		return assignment.Report{}, fmt.Errorf("%s: %w", key, err)
	}
	return report, nil
}

// known is what an event is about, as the facts before it left it. What is in no snapshot is over,
// or was never heard of: the record knows.
func (f *facts) known(ctx context.Context, event runner.Event) (lifecycle.Known, error) {
	var known lifecycle.Known
	var elsewhere []string
	for _, key := range f.rules.Keys(event) {
		if item, changed := f.latest[key]; changed {
			known.Add(item)
		} else if item, live := f.snapshot.Get(key); live {
			known.Add(item)
		} else {
			elsewhere = append(elsewhere, key)
		}
	}
	if len(elsewhere) == 0 {
		return known, nil
	}
	items, err := f.seams.Record.Get(ctx, elsewhere...)
	if err != nil {
		return lifecycle.Known{}, fmt.Errorf("read %v: %w", elsewhere, err)
	}
	for _, item := range items {
		known.Add(item)
	}
	return known, nil
}
