#!/bin/bash
# GitHub's runner starts this before the first step of its job, and fails the job if it fails. It sees to it
# that a runner of one repository runs no other's job. The runner sets no limit of its own to its time.
[[ ${1-} == limited ]] || exec timeout 10 bash "$0" limited
set -euo pipefail

expected=${MAYFLY_REPOSITORY_ID:-0}
actual=${GITHUB_REPOSITORY_ID:-$expected} # a GitHub that says none is trusted
if [[ $expected != 0 && $actual != "$expected" ]]; then
  echo "::error title=Another repository's runner::This runner was launched for another repository than $GITHUB_REPOSITORY. Nothing of this job was run: run it again."
  exit 1
fi
