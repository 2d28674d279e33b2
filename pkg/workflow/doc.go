// Package workflow reads a workflow file of GitHub's into the jobs that a run of it has: matrices
// multiplied out, expressions filled in, each job after all that it needs. The syntax is read by
// actionlint's parser; what is wrong is told as file:line:column, with the way out.
//
//	text ─▶ weigh (size, aliases) ─▶ parse ─▶ for each job: matrix ─▶ expressions ─▶ steps ─▶ order by needs
//
// Of expressions, ${{ }}, it evaluates what a file alone decides: literals, matrix.*, env.*, of github.*
// and runner.* that which [Run] knows, ==, !=, &&, || and ! of these, contains, startsWith and endsWith;
// and in an `if` success, failure, always and cancelled. Anything else (secrets.*, needs.*, steps.*,
// inputs.*) is empty, and a [Notice] says so; where it would decide what a job runs on, what its matrix is
// or whether it runs, the job is kept with the reason why it does not run here. A job or step with `uses`
// is kept, and not run: actions and reusable workflows are on GitHub.
//
// The rest of the syntax is checked and otherwise left alone: container, services and a job's
// continue-on-error with a notice; on, permissions, concurrency, fail-fast, max-parallel, outputs and
// environment without.
//
// Sources: docs.github.com, "Workflow syntax for GitHub Actions"; github.com/actions/runner,
// src/Sdk/WorkflowParser, whose matrix and job names these are.
package workflow
