#!/bin/bash
# GitHub's runner starts this after the last step of its job. It tells in the job's log what the job cannot
# know: that EC2 takes the instance back, and that the kernel had to end processes for lack of memory.
[[ ${1-} == limited ]] || exec timeout 10 bash "$0" limited
set -uo pipefail

annotation=$(dirname "$0")/annotation
if [[ -r $annotation ]]; then
  cat "$annotation"
fi

events=${MAYFLY_CGROUP-}/memory.events
if [[ -n ${MAYFLY_CGROUP-} && -r $events ]]; then
  while read -r event count; do
    if [[ $event == oom_kill && $count -gt 0 ]]; then
      echo "::error title=Out of memory::The kernel ended $count of this job's processes, for the machine had no memory left. Ask for more in the label, such as ram=32."
    fi
  done <"$events"
fi
exit 0
