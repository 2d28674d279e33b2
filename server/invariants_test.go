package server_test

import (
	"context"
	"encoding/base64"
	"iter"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/record"
)

// checkInvariants is what holds at the end of every story.
func (w *world) checkInvariants() {
	w.t.Helper()
	if left := w.cloud.Books().Left; left != 0 {
		w.t.Errorf("%d instances are left", left)
	}
	for _, entry := range w.hub.Books().Jobs {
		job := w.job(entry.ID)
		switch {
		case entry.State == localhub.Completed && job.State != runner.JobCompleted:
			w.t.Errorf("job %d is completed on GitHub, %q in the record", job.ID, job.State)
		case job.Live() && job.Reason == runner.NoReason():
			w.t.Errorf("job %d is %q with no reason", job.ID, job.State)
		}
	}
	unfinished := w.unfinished()
	for id, instance := range unfinished.Runners {
		w.t.Errorf("the record has %s as %s, though it is gone", id, instance.State)
	}
	for id := range unfinished.Launches {
		w.t.Errorf("launch %s is still open", id)
	}
	if waiting, dead := w.queue.Waiting(), w.queue.DeadLetters(); !w.poisoned && (waiting != 0 || len(dead) != 0) {
		w.t.Errorf("%d messages are not acknowledged, %d are dead letters", waiting, len(dead))
	}
	w.checkSecrets()
}

// checkSecrets searches all that anybody wrote for the secret within the JIT configs.
func (w *world) checkSecrets() {
	w.t.Helper()
	for what, text := range map[string]string{"a log": w.log.String(), "the agent's output": w.output.String(), "the record": w.stored.String()} {
		if text == "" && w.cloud.Books().Launched > 0 {
			w.t.Errorf("%s is empty: nothing is shown by searching it", what)
		}
		for form := range forms(canary) {
			if strings.Contains(text, form) {
				w.t.Errorf("the JIT secret is in %s, as %s", what, form)
			}
		}
	}
}

// forms are the ways in which a secret may stand in a text: as it is, and within something that was
// written in base64, at any of the three places in a group of four.
func forms(plain string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(plain) {
			return
		}
		for offset := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + plain))
			if !yield(encoded[4 : len(encoded)-4]) {
				return
			}
		}
	}
}

// watched is a record that also writes down all that is stored.
type watched struct {
	*record.Memory
	stored *buffer
}

func (r watched) Commit(ctx context.Context, lease runner.Lease, items ...runner.Item) error {
	for _, item := range items {
		body, err := runner.EncodeItem(item)
		if err != nil {
			return err
		}
		_, _ = r.stored.Write(body)
	}
	return r.Memory.Commit(ctx, lease, items...)
}
