#!/usr/bin/env bash
# Installs the agent into the root file system ROOT, which may be /: its binary AGENT, which has to run here,
# its units, and the user that jobs run as. Every image is made with it, those of `make test-vm` too. Needs root.
set -euo pipefail

root=${1:?usage: install-agent.sh ROOT AGENT}
agent=${2:?usage: install-agent.sh ROOT AGENT}

install -D -o root -g root -m 0755 "$agent" "$root/opt/mayfly/agent"
"$agent" install "$root"
systemctl --quiet --root="$root" enable mayfly-agent.service mayfly-deadline.path mayfly-watchdog.timer

if ! grep -q '^runner:' "$root/etc/passwd"; then
	groupadd --prefix "$root" --gid 1001 runner
	useradd --prefix "$root" --uid 1001 --gid 1001 --create-home --home-dir /home/runner --shell /bin/bash runner
fi
