// Package demo is Mayfly on one computer: real, signed webhooks of a GitHub in this process become
// instances of an AWS in this process, each of them a real agent's process that runs a real job.
//
//	GitHub ──webhook──▶ server ──launch──▶ AWS ──boots──▶ machine ─▶ agent ─▶ runner ─▶ steps
//	  ▲                                                                         │
//	  └────────────────────── the job, its log, its conclusion ─────────────────┘
//
// All of it speaks HTTP over 127.0.0.1, and nothing else is needed: no account, no container.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// Options is a demo to run.
type Options struct {
	Flags
	Door
	Program string    // this program's path, to start as machines and as runners
	Out     io.Writer // the result; and all else, unless the result is JSON
	Err     io.Writer
	Colour  bool // where all else goes, colours are shown
	// Size is how many columns and rows the terminal has where all else goes; nil if that is none.
	Size func() (columns, rows int)

	plan plan // what is run, by the flags
}

// The exit codes of [Run].
const (
	exitGood        = 0 // every job succeeded, none is lost, no instance is left
	exitBad         = 1
	exitMisused     = 2
	exitInterrupted = 130 // as shells have it: 128 and SIGINT
)

// Run runs the demo and is the program's exit code. When ctx ends, everything ends.
func Run(ctx context.Context, o Options) (exitCode int) {
	var err error
	if o.plan, err = newPlan(o.Flags); err == nil {
		err = openLogs(o.Flags)
	}
	if err != nil {
		_, _ = fmt.Fprintf(o.Err, "mayfly: %v\n", err)
		return exitMisused
	}
	o.Jobs = len(o.plan.jobs)
	result, err := run(ctx, o)
	switch {
	case ctx.Err() != nil && !result.kept:
		_, _ = fmt.Fprintf(o.Err, "Interrupted: %s\n", result.undone())
		return exitInterrupted
	case err != nil:
		_, _ = fmt.Fprintf(o.Err, "mayfly demo: %v\n", err)
		return exitBad
	case !result.good():
		return exitBad
	}
	return exitGood
}

// run is the demo, from its first directory to its last line.
func run(ctx context.Context, o Options) (result Result, err error) {
	desk, err := newDesk()
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, desk.clear()) }()
	page := newPage(o)
	agent, err := findAgent(ctx, o.Program, desk.temp, page.say)
	if err != nil {
		return Result{}, err
	}
	page.begin(o.Flags)
	o.plan.tell(page.say)
	lines := page.lines()
	hall := &machines{
		program: o.Program, agent: agent, temp: desk.temp, consoles: desk.logs, booted: map[string]runner.Offering{},
		log: desk.log(lines),
	}
	result, gaveUp, err := play(ctx, o, page, hall, desk.log(faultLines{lines}), desk.masker)
	err = errors.Join(err, keepLogs(o.Logs, result.Rows))
	if err != nil || ctx.Err() != nil && !result.kept {
		return result, err
	}
	page.end(result, gaveUp)
	if o.Logs != "" {
		page.say("What each job printed is in " + o.Logs)
	}
	if !result.good() {
		desk.keep = true
		page.say("What each machine printed is in " + desk.logs)
		err = desk.room()
	}
	return result, errors.Join(err, page.total(result.Totals), page.lost())
}

// play is the demo itself. What is done is told to the hall's log, and what goes on inside GitHub
// and AWS to the other one. GaveUp is why it ended before everything was done.
func play(ctx context.Context, o Options, page *page, hall *machines, inside *slog.Logger, masker *secret.Masker) (result Result, gaveUp, err error) {
	flags := o.Flags
	world, err := newWorld(ctx, o, hall, inside, masker)
	if err != nil {
		return Result{}, nil, err
	}
	began := time.Now()
	if flags.Listen != "" {
		page.listens(world.address(), world.hub.RepositoryID(repository), o.Door)
	}
	if flags.Keep {
		page.shows(world.pageURL())
	}
	o.plan.jobs = newTrouble(flags).jobs(o.plan.jobs)
	o.plan.queue(world.hub)
	heeded := func() map[int64]string { return nil }
	if o.plan.file != "" {
		heeded = heed(world.server.View, world.hub.Cancel)
	}
	defer page.follow(world.server.View)()
	gaveUp = await(ctx, o.plan.limit(), world.settled, world.busy, world.hub.Changed, world.cloud.Changed)
	if flags.Keep && gaveUp == nil {
		result.kept = true
		page.keeps()
		<-ctx.Done()
	}
	kept, refused := result.kept, heeded()
	hub, cloud := world.hub.Books(), world.cloud.Books()
	explain(hub.Jobs, refused)
	result = newResult(hub, cloud, hall.offerings(), time.Since(began))
	result.kept = kept
	if flags.Faults {
		result.Faults = faultsOf(hub, cloud)
	}
	world.close()
	return result, gaveUp, nil
}
