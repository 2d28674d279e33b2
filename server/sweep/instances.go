package sweep

import (
	"context"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// instances compares what EC2 shows with the record.
func (l *look) instances(ctx context.Context) error {
	all, err := l.Fleet.Describe(ctx, runner.Query{})
	if err != nil {
		l.Log.Warn("sweep could not look at EC2", "error", err)
		return nil
	}
	l.seen = make(map[string]runner.Seen, len(all))
	var events []runner.Event
	for _, instance := range all {
		l.seen[instance.Instance.ID] = instance
		_, known := l.snapshot.Runners[instance.Instance.ID]
		switch {
		case known:
			events = append(events, l.event(instance.Instance.ID, instance.State))
		case instance.State == "pending", instance.State == "running":
			l.strangers = append(l.strangers, instance)
		}
	}
	changed, gone := l.missing()
	if err := l.store(ctx, changed...); err != nil {
		return err
	}
	return l.facts(ctx, append(events, gone...)...)
}

func (l *look) event(instance, state string) runner.Event {
	return runner.Event{
		ID: "sweep", At: time.Now().UTC(), Source: runner.SourceEC2,
		Instance: &runner.InstanceEvent{Instance: instance, State: state},
	}
}

// missing are the runners whose instances EC2 does not show. EC2's word lags: one that was launched a
// while ago, and was missed twice, is gone.
func (l *look) missing() (changed []runner.Item, gone []runner.Event) {
	for id, r := range l.snapshot.Runners {
		_, seen := l.seen[id]
		switch {
		case seen && r.Missing > 0:
			r.Missing = 0
			changed = append(changed, r)
		case seen:
		case r.Missing > 0 && l.snapshot.Now.Sub(r.Since()) >= l.Believe:
			gone = append(gone, l.event(id, "terminated"))
		default:
			r.Missing++
			changed = append(changed, r)
		}
	}
	return changed, gone
}

// unknown deals with instances of the stack of which the record has no row: one with a runner on
// GitHub is taken into the record, one with none is ended once it is old enough not to be one that
// is just being launched.
func (l *look) unknown(ctx context.Context) error {
	var items []runner.Item
	for _, stranger := range l.strangers {
		id := stranger.Instance.ID
		if _, known := l.snapshot.Runners[id]; known || l.snapshot.Launches[stranger.Launch].Live() {
			continue
		}
		if found, isRegistered := l.registered[id]; isRegistered {
			items = append(items, l.adopted(stranger, found))
		} else if !l.blind && l.snapshot.Now.Sub(stranger.LaunchedAt) >= l.Believe {
			l.Log.Warn("unknown instance ended", "instance", id, "launch", stranger.Launch)
			items = append(items, orphan(stranger, l.snapshot.Now))
		}
	}
	return l.store(ctx, items...)
}

// adopted is the row of an instance that was unknown, made from what EC2 and GitHub say of it.
func (l *look) adopted(stranger runner.Seen, found registered) runner.Runner {
	class := runner.Class{Installation: found.scope.Installation, Scope: found.scope.Repository, Labels: runner.CanonicalLabels(found.Labels)}
	if class.Scope.IsOrganisation() {
		class.Group = l.Group
	}
	r := runner.NewRunner(stranger.Launch, runner.Slot{Class: class}, stranger.Instance, stranger.LaunchedAt)
	return registration(r, found.Registered, l.snapshot.Now)
}

// orphan is the row of an instance that is to be ended.
func orphan(stranger runner.Seen, now time.Time) runner.Runner {
	r := runner.NewRunner(stranger.Launch, runner.Slot{}, stranger.Instance, stranger.LaunchedAt)
	failed, err := r.To(runner.RunnerFailed, now, runner.UnknownInstance())
	if err != nil {
		panic(err) // a launching runner may fail
	}
	failed.NextAt = now.UTC() // nobody else will end it
	return failed
}
