package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/server/sweep"
)

const host = "i-0123456789abcdef0"

var (
	noon  = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	scope = runner.Scope{Installation: 42, Repository: runner.Repository{ID: 1, FullName: "o/r"}}
	class = runner.Class{Installation: 42, Scope: scope.Repository, Labels: []string{"mayfly"}}
	name  = runner.Name("prod", host, 1)
)

// world answers a sweep's questions, and writes down what it asked and found.
type world struct {
	snapshot   runner.Snapshot
	seen       []runner.Seen
	registered []runner.Registered
	jobs       []runner.JobEvent
	unread     []int64 // runs that could not be read
	job        map[int64]runner.JobEvent
	failed     []int64
	remaining  float64
	apps       []int64
	group      string           // in which runners are registered
	err        map[string]error // by question

	crash error // of the store of what was found

	others int  // repositories beside the one
	free   bool // whether reading jobs costs nothing

	most   int // points that a reading might cost
	asked  []string
	events []string
}

func newWorld(items ...runner.Item) *world {
	w := &world{snapshot: runner.NewSnapshot(items...), remaining: 1, apps: []int64{1}}
	w.snapshot.Now = noon
	return w
}

func (w *world) ask(question string) error {
	w.asked = append(w.asked, question)
	return w.err[question]
}

func (w *world) Describe(context.Context, runner.Query) ([]runner.Seen, error) {
	return w.seen, w.ask("describe")
}

func (w *world) Job(_ context.Context, _ int64, _ runner.Scope, id int64) (runner.JobEvent, error) {
	if job, found := w.job[id]; found {
		return job, w.ask("job")
	}
	w.asked = append(w.asked, "job")
	return runner.JobEvent{}, fmt.Errorf("404: %w", runner.ErrGone)
}

func (w *world) Unfinished(_ context.Context, _ int64, watch runner.Watch, most int) (runner.Reading, error) {
	w.most = most
	err := w.ask("unfinished of " + watch.Scope.Repository.FullName + " since " + watch.ETag)
	found := runner.Reading{Jobs: w.jobs, Unread: w.unread, ETag: "etag", Points: 6, After: 3}
	if err != nil || len(w.unread) > 0 {
		found.ETag = ""
	}
	if w.free {
		found.Points = 0
	}
	return found, err
}

func (w *world) Runners(_ context.Context, _ int64, scope runner.Scope) ([]runner.Registered, error) {
	if scope.Repository.IsOrganisation() {
		return w.registered, w.ask("runners of " + scope.Repository.FullName)
	}
	return w.registered, w.ask("runners")
}

func (w *world) Remove(_ context.Context, _ int64, _ runner.Scope, id int64) error {
	return w.ask(fmt.Sprintf("remove %d", id))
}

func (w *world) Repositories(_ context.Context, app int64) ([]runner.Scope, error) {
	if err := w.ask(fmt.Sprint("repositories of ", app)); err != nil {
		return nil, err
	}
	scopes := []runner.Scope{scope}
	for n := range w.others {
		scopes = append(scopes, runner.Scope{Installation: 42, Repository: runner.Repository{ID: int64(n + 2), FullName: fmt.Sprint("o/r", n)}})
	}
	return scopes, nil
}

func (w *world) FailedDeliveries(context.Context, int64, time.Time) ([]int64, error) {
	return w.failed, w.ask("deliveries")
}

func (w *world) Redeliver(_ context.Context, _, id int64) error {
	return w.ask(fmt.Sprintf("redeliver %d", id))
}

func (w *world) Remaining(int64, string) (float64, bool) { return w.remaining, true }

// sweep sweeps once.
func (w *world) sweep(t *testing.T) {
	t.Helper()
	if err := w.try(t); err != nil {
		t.Fatal(err)
	}
}

func (w *world) try(t *testing.T) error {
	w.asked, w.events = nil, nil
	stage := sweep.Stage{
		Intervals: sweep.Intervals{Every: time.Minute, Quiet: 5 * time.Minute, Repositories: 10 * time.Minute, Believe: 5 * time.Minute},
		Stack:     "prod", Group: w.group, Apps: w.apps, Fleet: w, GitHub: w, Log: slog.New(slog.DiscardHandler),
	}
	store := func(ctx context.Context, items ...runner.Item) error { w.snapshot.Put(items...); return ctx.Err() }
	facts := func(ctx context.Context, events ...runner.Event) error {
		for _, event := range events {
			if event.Job != nil {
				w.events = append(w.events, fmt.Sprintf("job %d %s %s", event.Job.ID, event.Job.Action, event.Job.Conclusion))
			} else {
				w.events = append(w.events, "instance "+event.Instance.Instance+" "+event.Instance.State)
			}
		}
		if len(events) > 0 && events[0].Job != nil {
			return w.crash
		}
		return ctx.Err()
	}
	return stage.Run(t.Context(), &w.snapshot, store, facts, runner.Until{Deadline: time.Now().Add(time.Minute)})
}

func (w *world) later(d time.Duration) { w.snapshot.Now = w.snapshot.Now.Add(d) }

func row(state runner.RunnerState, ago time.Duration) runner.Runner {
	return runner.Runner{
		Instance: host, Launch: "l1", Class: class, Name: name, GitHubID: 7, State: state,
		Stamps: runner.Stamps[runner.RunnerState]{state: noon.Add(-ago)},
	}
}

func seen(state string, ago time.Duration) runner.Seen {
	return runner.Seen{Instance: runner.Instance{ID: host}, Launch: "l1", State: state, LaunchedAt: noon.Add(-ago)}
}

func TestTheFirstSweepLooksEverywhereAndTheNextIsAMinuteLater(t *testing.T) {
	w := newWorld()
	w.sweep(t)
	want := []string{"describe", "repositories of 1", "unfinished of o/r since ", "runners"}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	w.later(59 * time.Second)
	w.sweep(t)
	if len(w.asked) > 0 {
		t.Errorf("59 s later it asked %q, want nothing", w.asked)
	}
	w.later(time.Second)
	w.sweep(t)
	if want := []string{"describe"}; !slices.Equal(w.asked, want) {
		t.Errorf("a minute later, with nothing wrong, it asked %q, want %q", w.asked, want)
	}
	w.later(5 * time.Minute)
	w.sweep(t)
	if want := []string{"describe", "unfinished of o/r since etag", "deliveries"}; !slices.Equal(w.asked, want) {
		t.Errorf("5 minutes later it asked %q, want %q", w.asked, want)
	}
}

func TestAnInstanceThatIsNotSeenIsGoneAfterFiveMinutesAndTwoLooks(t *testing.T) {
	w := newWorld(row(runner.RunnerBusy, 4*time.Minute+30*time.Second))
	gone := "instance " + host + " terminated"
	for n, want := range []bool{false, true} {
		w.sweep(t)
		if got := slices.Contains(w.events, gone); got != want {
			t.Errorf("look %d: gone is %v, want %v (%q)", n+1, got, want, w.events)
		}
		w.later(time.Minute)
	}

	w = newWorld(row(runner.RunnerBusy, time.Hour))
	w.sweep(t)
	w.seen = []runner.Seen{seen("running", time.Hour)}
	w.later(time.Minute)
	w.sweep(t)
	w.seen = nil
	w.later(time.Minute)
	w.sweep(t)
	if slices.Contains(w.events, gone) {
		t.Error("missed once, seen, missed once: it is taken for gone")
	}
	w.err = map[string]error{"describe": errors.New("503")}
	w.later(time.Minute)
	w.sweep(t)
	if len(w.events) > 0 {
		t.Errorf("EC2 could not be asked, and yet: %q", w.events)
	}
}

func TestAnUnknownInstance(t *testing.T) {
	listed := runner.Registered{ID: 7, Name: name, Labels: []string{"Mayfly"}, Online: true}
	open := runner.Launch{ID: "l1", State: runner.LaunchOpen}
	for what, test := range map[string]struct {
		items  []runner.Item
		age    time.Duration
		listed []runner.Registered
		err    map[string]error
		want   runner.RunnerState // none: it is left alone
	}{
		"just launched":              {age: 4 * time.Minute},
		"its launch is not answered": {items: []runner.Item{open}, age: time.Hour},
		"old":                        {age: 5 * time.Minute, want: runner.RunnerFailed},
		"old, and GitHub is down":    {age: time.Hour, err: map[string]error{"runners": errors.New("502")}},
		"registered":                 {age: time.Minute, listed: []runner.Registered{listed}, want: runner.RunnerIdle},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(append(test.items, runner.Sweeps{}.Watching(scope))...)
			w.seen, w.registered, w.err = []runner.Seen{seen("running", test.age)}, test.listed, test.err
			w.sweep(t)
			got := w.snapshot.Runners[host]
			if got.State != test.want {
				t.Fatalf("it is %q, want %q", got.State, test.want)
			}
			if test.listed != nil && (got.Class.Key() != class.Key() || got.GitHubID != 7 || got.Name != name) {
				t.Errorf("adopted as %+v", got)
			}
		})
	}
}

func TestAnUnknownInstanceThatIsEndedIsNoReasonToWatchARepository(t *testing.T) {
	w := newWorld()
	w.seen = []runner.Seen{seen("running", time.Hour)}
	w.sweep(t)
	w.later(time.Minute)
	w.sweep(t)
	for name := range w.snapshot.Sweeps.Watched {
		if name != scope.Repository.FullName {
			t.Errorf("repository %q is watched", name)
		}
	}
}

func TestWhatGitHubListsMovesARunnerOn(t *testing.T) {
	for what, test := range map[string]struct {
		was    runner.RunnerState
		listed []runner.Registered
		want   runner.RunnerState
		leaves bool
	}{
		"its report was lost":                {runner.RunnerBooting, []runner.Registered{{ID: 7, Name: name, Online: true}}, runner.RunnerIdle, false},
		"its job's webhook was lost":         {runner.RunnerIdle, []runner.Registered{{ID: 7, Name: name, Online: true, Busy: true}}, runner.RunnerBusy, false},
		"a try whose answer was lost":        {runner.RunnerLaunching, []runner.Registered{{ID: 7, Name: name}}, runner.RunnerLaunching, false},
		"still offline":                      {runner.RunnerBooting, []runner.Registered{{ID: 7, Name: name}}, runner.RunnerBooting, false},
		"gone from the list while it idled":  {runner.RunnerIdle, nil, runner.RunnerIdle, true},
		"gone from the list while it booted": {runner.RunnerBooting, nil, runner.RunnerBooting, true},
		"gone from the list after its job":   {runner.RunnerBusy, nil, runner.RunnerFinished, false},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(row(test.was, time.Minute))
			w.seen, w.registered = []runner.Seen{seen("running", time.Minute)}, test.listed
			w.sweep(t)
			got := w.snapshot.Runners[host]
			if got.State != test.want || (got.Leaving == runner.Unregistered()) != test.leaves {
				t.Errorf("it is %q, leaving %q; want %q, leaving: %v", got.State, got.Leaving, test.want, test.leaves)
			}
		})
	}
}

func TestTheRegistrationThatIsOnlineIsTheRunner(t *testing.T) {
	first, second := runner.Name("prod", host, 1), runner.Name("prod", host, 2)
	r := row(runner.RunnerBooting, time.Minute)
	r.Name, r.GitHubID = second, 8
	for _, order := range [][]runner.Registered{
		{{ID: 7, Name: first, Online: true}, {ID: 8, Name: second}},
		{{ID: 8, Name: second}, {ID: 7, Name: first, Online: true}},
	} {
		w := newWorld(r)
		w.seen, w.registered = []runner.Seen{seen("running", time.Minute)}, order
		w.sweep(t)
		if got := w.snapshot.Runners[host]; got.GitHubID != 7 || got.Name != first || got.State != runner.RunnerIdle {
			t.Errorf("it is %q, id %d, %q; want the one that is online", got.Name, got.GitHubID, got.State)
		}
	}
}

func TestALeftoverOfALostAnswerIsRemoved(t *testing.T) {
	r := row(runner.RunnerBooting, time.Minute)
	r.Name, r.GitHubID = runner.Name("prod", host, 2), 8
	w := newWorld(r)
	w.seen, w.registered = []runner.Seen{seen("pending", time.Minute)}, []runner.Registered{{ID: 7, Name: name}, {ID: 8, Name: r.Name}}
	w.sweep(t)
	if !slices.Contains(w.asked, "remove 7") || slices.Contains(w.asked, "remove 8") {
		t.Errorf("asked %q, want the first try's runner to be removed and no other", w.asked)
	}
}

func TestALeftoverRunnerIsRemoved(t *testing.T) {
	w := newWorld(runner.Sweeps{}.Watching(scope))
	w.registered = []runner.Registered{
		{ID: 1, Name: name}, {ID: 2, Name: runner.Name("prod", "i-1", 1), Online: true}, {ID: 3, Name: "somebody-elses"},
	}
	w.sweep(t)
	if want := []string{"describe", "repositories of 1", "unfinished of o/r since ", "runners", "remove 1"}; !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q", w.asked, want)
	}
}

func TestADoubtfulJobIsReadByItselfIfItIsNotListed(t *testing.T) {
	queued := func(id int64, ago time.Duration) runner.Job {
		return runner.Job{
			ID: id, Repository: scope.Repository, Class: class, State: runner.JobQueued,
			Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: noon.Add(-ago)},
		}
	}
	sweeps := runner.Sweeps{RepositoriesAt: noon, DeliveriesAt: noon}.With(runner.Watch{Scope: scope, ReadAt: noon, RunnersAt: noon, ETag: "etag"})
	w := newWorld(queued(1, time.Hour), queued(2, time.Hour), queued(3, time.Hour), queued(4, time.Second), sweeps)
	mine := []string{"mayfly"}
	w.jobs = []runner.JobEvent{
		{ID: 1, Action: "in_progress", Labels: mine}, {ID: 9, Action: "queued", Labels: mine},
		{ID: 10, Action: "queued", Labels: []string{"ubuntu-latest"}}, {ID: 11, Action: "in_progress", Labels: []string{"self-hosted"}, RunnerName: name},
	}
	w.job = map[int64]runner.JobEvent{2: {ID: 2, Action: "completed", Conclusion: "success"}}
	w.sweep(t)
	slices.Sort(w.events)
	if want := []string{"job 1 in_progress ", "job 11 in_progress ", "job 2 completed success", "job 9 queued "}; !slices.Equal(w.events, want) {
		t.Errorf("found %q, want %q", w.events, want)
	}
	if want := []string{"describe", "unfinished of o/r since ", "job", "job"}; !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q", w.asked, want)
	}
	if _, there := w.snapshot.Jobs[3]; there {
		t.Error("a job that GitHub has no more is still in the snapshot, want it refused")
	}
	if _, there := w.snapshot.Jobs[4]; !there {
		t.Error("a job that was just queued was doubted")
	}
}

func TestWhatCannotBePaidForIsNotAsked(t *testing.T) {
	for what, spoil := range map[string]func(*world){
		"the hourly limit is nearly used up": func(w *world) { w.remaining = 0.04 },
		"all points are spent": func(w *world) {
			w.snapshot.Put(w.snapshot.Buckets.Spend(runner.AccountOf(1, "o/r"), runner.LaneJIT, 900, noon))
		},
		"GitHub closed the account": func(w *world) {
			w.snapshot.Put(w.snapshot.Buckets.Close(runner.AccountOf(1, "o/r"), noon.Add(time.Minute)))
		},
	} {
		w := newWorld(runner.Sweeps{RepositoriesAt: noon}.Watching(scope))
		spoil(w)
		w.sweep(t)
		if want := []string{"describe"}; !slices.Equal(w.asked, want) {
			t.Errorf("%s: asked %q, want %q", what, w.asked, want)
		}
	}
}

func TestALimitThatASweepMeetsIsKept(t *testing.T) {
	until := noon.Add(time.Minute)
	w := newWorld(runner.Sweeps{RepositoriesAt: noon}.Watching(scope))
	w.err = map[string]error{"unfinished of o/r since ": &runner.LimitError{App: 1, Owner: "o", Until: until}}
	w.sweep(t)
	if got := w.snapshot.Buckets.Account(runner.AccountOf(1, "o/r")).ClosedUntil; !got.Equal(until) {
		t.Errorf("closed until %v, want %v", got, until)
	}
	if want := []string{"describe", "unfinished of o/r since "}; !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q: nothing more of that account", w.asked, want)
	}
}

func TestTheRepositoriesOfEveryAppAreWatched(t *testing.T) {
	w := newWorld()
	w.apps = []int64{1, 2}
	w.err = map[string]error{"repositories of 1": errors.New("502")}
	w.sweep(t)
	if _, watched := w.snapshot.Sweeps.Watched["o/r"]; !watched {
		t.Error("one App's repositories could not be listed, and the other's are not watched")
	}
	w.later(time.Minute)
	w.sweep(t)
	if !slices.Contains(w.asked, "repositories of 1") {
		t.Errorf("asked %q, want what failed to be asked again", w.asked)
	}
	w.err = nil
	w.later(time.Minute)
	w.sweep(t)
	w.later(time.Minute)
	w.sweep(t)
	if slices.Contains(w.asked, "repositories of 1") {
		t.Errorf("asked %q, want no more for ten minutes", w.asked)
	}
}

func TestARepositoryThatNoAppHasAnyMoreIsNotWatched(t *testing.T) {
	gone := runner.Scope{Repository: runner.Repository{ID: 2, FullName: "o/gone"}}
	busy := runner.Scope{Repository: runner.Repository{ID: 3, FullName: "o/busy"}}
	job := runner.Job{ID: 2, Repository: busy.Repository, State: runner.JobQueued, Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: noon}}
	w := newWorld(job, runner.Sweeps{}.Watching(gone, busy))
	w.err = map[string]error{"repositories of 1": errors.New("502")}
	for _, want := range [][]string{{"o/busy", "o/gone"}, {"o/busy", "o/r"}} {
		w.sweep(t)
		if got := slices.Sorted(maps.Keys(w.snapshot.Sweeps.Watched)); !slices.Equal(got, want) {
			t.Errorf("watched %q, want %q", got, want)
		}
		w.err = nil
		w.later(time.Minute)
	}
}

// What could be read counts; what could not be leaves all as it is.
func TestAReadingThatWasNotWhole(t *testing.T) {
	failed := map[string]error{"unfinished of o/r since ": errors.New("502")}
	for what, test := range map[string]struct {
		unread []int64
		err    map[string]error
		events []string
		asked  []string
		leaves bool // the runner that is not registered, which may have had the job
		read   bool
	}{
		"all of it was":                  {nil, nil, []string{"job 1 queued ", "job 2 completed "}, []string{"job"}, true, true},
		"a call failed":                  {nil, failed, []string{"job 1 queued ", "job 2 completed "}, []string{"job"}, true, false},
		"points were short":              {[]int64{20}, nil, []string{"job 1 queued "}, nil, false, false},
		"the job was not read by itself": {nil, map[string]error{"job": errors.New("502")}, []string{"job 1 queued "}, []string{"job"}, false, true},
	} {
		t.Run(what, func(t *testing.T) {
			old := runner.Job{
				ID: 2, RunID: 20, Repository: scope.Repository, Class: class, State: runner.JobQueued,
				Stamps: runner.Stamps[runner.JobState]{runner.JobQueued: noon.Add(-time.Hour)},
			}
			sweeps := runner.Sweeps{RepositoriesAt: noon, DeliveriesAt: noon}.Watching(scope)
			w := newWorld(old, row(runner.RunnerIdle, time.Minute), sweeps)
			w.seen = []runner.Seen{seen("running", time.Minute)}
			w.jobs, w.unread, w.err = []runner.JobEvent{{ID: 1, Action: "queued", Labels: class.Labels}}, test.unread, test.err
			w.job = map[int64]runner.JobEvent{2: {ID: 2, Action: "completed"}}
			w.sweep(t)
			events := slices.DeleteFunc(w.events, func(event string) bool { return strings.HasPrefix(event, "instance") })
			if diff := cmp.Diff(test.events, events); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			want := slices.Concat([]string{"describe", "unfinished of o/r since "}, test.asked, []string{"runners"})
			if diff := cmp.Diff(want, w.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if got := w.snapshot.Runners[host].Leaving == runner.Unregistered(); got != test.leaves {
				t.Errorf("the runner leaves: got %v, want %v", got, test.leaves)
			}
			watch := w.snapshot.Sweeps.Watched["o/r"]
			if !watch.ReadAt.IsZero() != test.read || watch.After != 3 {
				t.Errorf("read at %v after run %d, want it to count as read: %v, after run 3", watch.ReadAt, watch.After, test.read)
			}
		})
	}
}

func TestAJobThatWaitsForAnApprovalIsAskedAfterEveryFiveMinutes(t *testing.T) {
	waiting := runner.Job{
		ID: 2, Repository: scope.Repository, Class: class, State: runner.JobWaiting,
		Stamps: runner.Stamps[runner.JobState]{runner.JobWaiting: noon.Add(-time.Hour)},
	}
	w := newWorld(waiting, runner.Sweeps{RepositoriesAt: noon, DeliveriesAt: noon}.With(runner.Watch{Scope: scope, RunnersAt: noon}))
	w.jobs = []runner.JobEvent{{ID: 2, Action: "waiting", Labels: class.Labels}}
	for minute := range 7 {
		w.sweep(t)
		if got, want := slices.Contains(w.asked, "unfinished of o/r since "), minute%5 == 0; got != want {
			t.Errorf("minute %d: asked %v, want %v (%q)", minute, got, want, w.asked)
		}
		w.later(time.Minute)
	}
}

func TestAJobOfARepositoryWithoutTheApp(t *testing.T) {
	for what, test := range map[string]struct {
		apps  []int64
		state runner.JobState
		over  bool // the job has left the snapshot, or is said to be completed
	}{
		"queued: the scheduler tells it": {[]int64{1}, runner.JobQueued, false},
		"waiting":                        {[]int64{1}, runner.JobWaiting, true},
		"running":                        {[]int64{1}, runner.JobRunning, true},
		"another App may know":           {[]int64{1, 2}, runner.JobRunning, false},
	} {
		job := runner.Job{ID: 2, Repository: scope.Repository, Class: class, State: test.state, Stamps: runner.Stamps[runner.JobState]{test.state: noon.Add(-time.Hour)}}
		w := newWorld(job, runner.Sweeps{RepositoriesAt: noon, DeliveriesAt: noon}.Watching(scope))
		w.apps, w.job, w.err = test.apps, map[int64]runner.JobEvent{2: {}}, map[string]error{"job": runner.ErrNotInstalled}
		w.sweep(t)
		_, live := w.snapshot.Jobs[2]
		over := !live || slices.Contains(w.events, "job 2 completed gone")
		if over != test.over {
			t.Errorf("%s: over is %v, want %v", what, over, test.over)
		}
		asked := test.apps[len(test.apps)-1] // the other App paid for the reading
		if got := w.snapshot.Buckets.Account(runner.AccountOf(asked, "o/r")).TroubleWith("o/r"); got != runner.TroubleAbsent {
			t.Errorf("%s: the App's trouble is %q", what, got)
		}
	}
}

func TestAReadingCostsNoMoreThanMayBeSpent(t *testing.T) {
	account := runner.AccountOf(1, "o/r")
	for spent, want := range map[int]int{0: 450, 400: 50, 700: 45, 880: 20} {
		w := newWorld(runner.Sweeps{RepositoriesAt: noon}.Watching(scope))
		w.snapshot.Put(w.snapshot.Buckets.Spend(account, runner.LaneJIT, spent, noon))
		w.sweep(t)
		if w.most != want {
			t.Errorf("%d points spent: a reading may cost %d, want %d", spent, w.most, want)
		}
	}
}

func TestAListIsPaidForByTheHundred(t *testing.T) {
	for _, test := range []struct{ others, runners, want int }{
		{0, 0, 1 + 1}, {200, 0, 3 + 201}, {0, 100, 1 + 1}, {0, 101, 1 + 2}, {0, 1000, 1 + 10},
	} {
		w := newWorld(runner.Sweeps{DeliveriesAt: noon})
		w.others, w.free, w.registered = test.others, true, make([]runner.Registered, test.runners)
		w.sweep(t)
		got := 0
		for _, spend := range w.snapshot.Buckets.Account(runner.AccountOf(1, "o/r")).All.Spent {
			got += spend.Points
		}
		if got != test.want {
			t.Errorf("%+v: got %d points paid", test, got)
		}
	}
}

func TestRepositoriesAreListedOnlyByAnAppThatCanPay(t *testing.T) {
	w := newWorld(runner.Sweeps{DeliveriesAt: noon}, runner.Job{ID: 2, Repository: scope.Repository, Class: class, State: runner.JobQueued})
	w.apps = []int64{1, 2}
	w.snapshot.Put(w.snapshot.Buckets.Spend(runner.AccountOf(1, "o/r"), runner.LaneJIT, 900, noon))
	w.sweep(t)
	if slices.Contains(w.asked, "repositories of 1") || !slices.Contains(w.asked, "repositories of 2") {
		t.Errorf("got %q, want the repositories of the second App alone", w.asked)
	}
	if !w.snapshot.Sweeps.RepositoriesAt.IsZero() {
		t.Error("the list is taken for whole")
	}
}

func TestFailedDeliveriesAreAskedForAgain(t *testing.T) {
	w := newWorld(runner.Sweeps{DeliveriesAt: noon.Add(-5 * time.Minute), RepositoriesAt: noon})
	w.failed = []int64{3, 4}
	w.sweep(t)
	if want := []string{"describe", "deliveries", "redeliver 3", "redeliver 4"}; !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q", w.asked, want)
	}
	if got := w.snapshot.Sweeps.DeliveriesAt; !got.Equal(noon) {
		t.Errorf("the next look begins at %v, want %v", got, noon)
	}
}

func TestDeliveriesThatCouldNotBeAskedForAreAskedForLater(t *testing.T) {
	for _, question := range []string{"deliveries", "redeliver 4"} {
		since := noon.Add(-5 * time.Minute)
		w := newWorld(runner.Sweeps{DeliveriesAt: since, RepositoriesAt: noon})
		w.failed, w.err = []int64{3, 4}, map[string]error{question: errors.New("502")}
		w.sweep(t)
		if got := w.snapshot.Sweeps.DeliveriesAt; !got.Equal(since) {
			t.Errorf("after an error of %q the next look begins at %v, want %v as before", question, got, since)
		}
		w.err = nil
		w.later(time.Minute)
		w.sweep(t)
		if !slices.Contains(w.asked, "redeliver 4") {
			t.Errorf("after an error of %q the next sweep asked %q, want the deliveries again", question, w.asked)
		}
	}
}

func TestARepositoryIsReadOnlyOnceWhatWasReadIsApplied(t *testing.T) {
	w := newWorld(runner.Sweeps{RepositoriesAt: noon, DeliveriesAt: noon}.Watching(scope))
	w.jobs, w.crash = []runner.JobEvent{{ID: 5, Action: "queued", Labels: class.Labels}}, errors.New("crashed")
	if err := w.try(t); !errors.Is(err, w.crash) {
		t.Fatalf("the sweep ended with %v, want %v", err, w.crash)
	}
	w.crash = nil
	w.later(time.Minute)
	w.sweep(t)
	if want := "unfinished of o/r since "; !slices.Contains(w.asked, want) {
		t.Errorf("the sweep after the crash asked %q, want %q: no tag of what was lost", w.asked, want)
	}
}
