// Package lifecycle turns facts into states. It is pure: a fact and what is known give the items to
// store, and a fact that tells nothing new gives none.
//
// Facts come late, twice and in any order. A job's state only moves forward, so that does not
// matter. Which runner took a job is read from the runner's name, never assumed.
package lifecycle

import "github.com/mayfly-ci/mayfly/pkg/runner"

// Rules are what facts are judged by.
type Rules struct {
	Stack string
	Trust runner.Trust
	Group string // runner group of the owner in which runners are registered; empty is each in its job's repository
	// Terms says what a job's labels come to; or, with a reason, that it is refused.
	Terms func(labels []string) (terms runner.Terms, refused runner.Reason)
}

// Keys are the record's keys that an event is about. What is finished is no part of a snapshot, so
// whoever applies the event reads these first.
func (r Rules) Keys(e runner.Event) []string {
	switch {
	case e.Job != nil:
		keys := []string{runner.JobKey(e.Job.ID)}
		if instance, ours := runner.InstanceOf(r.Stack, e.Job.RunnerName); ours {
			keys = append(keys, runner.RunnerKey(instance))
		}
		return keys
	case e.Instance != nil:
		return []string{runner.RunnerKey(e.Instance.Instance)}
	case e.Object != nil:
		if instance, ok := runner.ReporterOf(e.Object.Key); ok {
			return []string{runner.RunnerKey(instance)}
		}
	}
	return nil
}

// Known is what the record has of the things that an event is about.
type Known struct {
	Job    runner.Job    // with JobUnknown, if the record has none
	Runner runner.Runner // with no instance, if the record has none
}

// Add takes an item into what is known.
func (k *Known) Add(item runner.Item) {
	switch item := item.(type) {
	case runner.Job:
		k.Job = item
	case runner.Runner:
		k.Runner = item
	}
}

// Apply gives the items that an event changes. A report's event says only that there is a report:
// see [Report].
func (r Rules) Apply(known Known, e runner.Event) []runner.Item {
	switch {
	case e.Job != nil:
		return r.job(known, *e.Job, e.At)
	case e.Instance != nil && e.Instance.Action != "":
		return interrupted(known.Runner, e.At)
	case e.Instance != nil:
		return instance(known.Runner, e.Instance.State, e.At)
	}
	return nil
}

func changed(items []runner.Item, item runner.Item, err error) []runner.Item {
	if err != nil {
		return items
	}
	return append(items, item)
}
