package scheduler

import (
	"slices"
	"sort"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// pace holds launches to what binds: the stack's own limits, EC2's tokens, and GitHub's points for
// the JIT config that each instance will want once it has booted.
type pace struct {
	now      time.Time
	limits   Limits
	budgets  runner.Budgets
	owed     map[string]int // JIT configs, by owner, that launched instances still wait for
	runners  map[string]int // live runners by repository, and those that are promised; see served
	total    int            // the same of the whole stack
	launched int            // promised in this decision
	lived    time.Duration  // of the day, with a minute for each instance that is promised

	// What is the same for all jobs of an owner in one decision, and takes long to find out.
	promises map[string]int       // JIT configs that can be promised
	comeback map[string]time.Time // when there are more

	troubles map[string]runner.Reason // by repository: see stuck
}

func newPace(s runner.Snapshot, limits Limits) *pace {
	p := &pace{
		now: s.Now, limits: limits, budgets: s.Buckets, owed: map[string]int{}, runners: map[string]int{},
		lived: s.Usage.Today(s.Runners, s.Now), promises: map[string]int{}, comeback: map[string]time.Time{}, troubles: map[string]runner.Reason{},
	}
	for _, launch := range s.Launches {
		for _, slot := range launch.Slots {
			p.count(slot.Class, true)
			p.lived += time.Minute
		}
	}
	for _, instance := range s.Runners {
		p.count(instance.Class, instance.State == runner.RunnerLaunching)
		if instance.Class.Group != "" && instance.Job != 0 {
			p.runners[s.Jobs[instance.Job].Repository.FullName]++
		}
	}
	return p
}

func (p *pace) count(class runner.Class, owesJIT bool) {
	p.total++
	if class.Group == "" {
		p.runners[class.Scope.FullName]++
	}
	if owesJIT {
		p.owed[owner(class.Scope.FullName)]++
	}
}

// served counts a runner that comes for a job's repository, where its class does not tell whose it is: a
// runner in a group may serve any repository of the organisation.
func (p *pace) served(job *runner.Job) {
	if job.Class.Group != "" {
		p.runners[job.Repository.FullName]++
	}
}

func owner(repository string) string { return runner.AccountOf(0, repository).Owner }

// admit promises an instance to a job, unless a limit stands against it: which, and when to look again.
func (p *pace) admit(job *runner.Job) (against runner.Reason, again time.Time) {
	repository := job.Class.Scope.FullName
	switch {
	case p.stuck(repository) != runner.NoReason():
		return p.stuck(repository), time.Time{} // a sweep finds out that it is over
	case p.limits.MaxMinutes > 0 && p.lived >= time.Duration(p.limits.MaxMinutes)*time.Minute:
		return p.noMinutes(job)
	case p.limits.MaxRunners > 0 && p.total >= p.limits.MaxRunners:
		return runner.MaxRunners(p.limits.MaxRunners), time.Time{} // a runner's end will be heard
	case p.limits.PerRepository > 0 && p.runners[job.Repository.FullName] >= p.limits.PerRepository:
		return runner.Share(job.Repository.FullName, p.limits.PerRepository), time.Time{}
	case p.room(p.budgets.Rate) < 1:
		return runner.LaunchRate(p.limits.LaunchRate), p.next(p.budgets.Rate)
	case p.room(p.budgets.Instances) < 1:
		return runner.EC2Rate(), p.next(p.budgets.Instances)
	case p.owed[owner(repository)] >= perOwner(p.promises, repository, p.promise):
		return runner.GitHubBudget(owner(repository)), perOwner(p.comeback, repository, p.nextJIT)
	}
	p.launched++
	p.lived += time.Minute
	p.count(job.Class, true)
	p.served(job)
	return runner.NoReason(), time.Time{}
}

// noMinutes is why a job waits for the next day. One that was told so is not told anew with each minute that other
// runners live.
func (p *pace) noMinutes(job *runner.Job) (against runner.Reason, again time.Time) {
	tomorrow := runner.Midnight(p.now).Add(24 * time.Hour)
	against = runner.MaxMinutes(p.limits.MaxMinutes, p.lived, tomorrow)
	if told := job.Reason; told.Kind == against.Kind && told.N == against.N && told.Until.Equal(tomorrow) {
		against = told
	}
	return against, tomorrow
}

// stuck is why no App gets a JIT config for a repository at present; none if one does.
func (p *pace) stuck(repository string) runner.Reason {
	why, known := p.troubles[repository]
	if !known {
		why, _ = p.budgets.Stuck(p.limits.Apps, repository)
		p.troubles[repository] = why
	}
	return why
}

// room is how many instances a bucket still has tokens for. One of no capacity is no limit.
func (p *pace) room(b runner.Bucket) float64 {
	if b.Capacity == 0 {
		return 1
	}
	return b.Tokens(p.now) - float64(p.launched)
}

func (p *pace) next(b runner.Bucket) time.Time {
	return b.Take(float64(p.launched), p.now).When(1, p.now)
}

// horizon is when an instance that is launched now must have its JIT config.
func (p *pace) horizon() time.Time { return p.now.Add(p.limits.Boot + p.limits.JITWait) }

// perOwner finds something out once for each owner.
func perOwner[T any](known map[string]T, repository string, find func(repository string) T) T {
	found, isKnown := known[owner(repository)]
	if !isKnown {
		found = find(repository)
		known[owner(repository)] = found
	}
	return found
}

// promise is how many JIT configs can be promised for the horizon.
func (p *pace) promise(repository string) int { return p.affordable(repository, p.horizon()) }

// affordable is how many JIT configs can be promised for a moment, over all Apps. It only grows with
// time, as long as nothing more is spent.
func (p *pace) affordable(repository string, at time.Time) int {
	configs := 0
	for _, app := range p.limits.Apps {
		configs += p.budgets.Account(runner.AccountOf(app, repository)).Room(at)
	}
	return configs
}

// nextJIT is when one more JIT config than is owed can be promised; zero if that takes the owed ones
// to be made first.
func (p *pace) nextJIT(repository string) time.Time {
	var moments []time.Time // at which an App has more to spend
	for _, app := range p.limits.Apps {
		budget := p.budgets.Account(runner.AccountOf(app, repository))
		moments = append(moments, budget.ClosedUntil)
		for _, spend := range budget.All.Spent {
			moments = append(moments, spend.At.Add(budget.All.Span))
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	owed := p.owed[owner(repository)]
	first := sort.Search(len(moments), func(i int) bool {
		return moments[i].After(p.horizon()) && p.affordable(repository, moments[i]) > owed
	})
	if first == len(moments) {
		return time.Time{}
	}
	return moments[first].Add(p.now.Sub(p.horizon()))
}

// fleetCall takes EC2's token for one fleet call, if there is one.
func (p *pace) fleetCall() bool {
	if p.budgets.Fleet.Tokens(p.now) < 1 {
		return false
	}
	p.budgets.Fleet = p.budgets.Fleet.Take(1, p.now)
	return true
}

func (p *pace) nextFleetCall() time.Time { return p.budgets.Fleet.When(1, p.now) }
