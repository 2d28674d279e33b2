#!/usr/bin/env bash
# Looks at a machine that was booted from an image, as root, after the agent has made it ready for a job: is it
# what the image promises? A line for each check, ok or FAILED with what is wrong and what to do; all are made. It
# exits with 1 if one failed.
set -uo pipefail
cd "$(dirname "$0")" || exit

if [ ! -r /opt/mayfly/image.env ]; then
	echo "verify: /opt/mayfly/image.env cannot be read: run this as root on a machine of an image that runner.sh made" >&2
	exit 1
fi
# shellcheck source=/dev/null
. /opt/mayfly/image.env

checks=0 failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# check NAME FIX FUNCTION [ARGUMENT...]: the function prints what is wrong, and nothing if all is as it should be.
# One that fails has not seen it.
check() {
	local lines seen=yes
	checks=$((checks + 1))
	"${@:3}" >"$said" 2>&1 || seen=no
	mapfile -t lines <"$said" # with no process, for there are many checks
	if [ $seen = no ] && [ ${#lines[@]} -eq 0 ]; then lines=("it could not be looked at"); fi
	if [ ${#lines[@]} -eq 0 ]; then
		echo "ok      $1"
	else
		failed=$((failed + 1))
		local IFS=';'
		echo "FAILED  $1: ${lines[*]}: $2"
	fi
}

hardened() { [ "$MAYFLY_PROFILE" = hardened ]; }

# The kernel's and systemd's part, who is on the machine, what is left on its disk, and what a job may do.
for file in checks/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
echo "$checks checks, $failed failed"
[ "$failed" -eq 0 ]
