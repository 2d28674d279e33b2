#!/usr/bin/env bash
# Installs the agent into the root file system ROOT, which may be /: its binary AGENT, its units, and the
# user that jobs run as. Every image is made with it, those of the tests too. Needs root.
set -euo pipefail

root=${1:?usage: install-agent.sh ROOT AGENT}
agent=${2:?usage: install-agent.sh ROOT AGENT}
units=$(cd "$(dirname "$0")/../../agent/units" && pwd)

install -D -o root -g root -m 0755 "$agent" "$root/opt/mayfly/agent"
for unit in "$units"/*.{service,timer,path}; do
	install -D -o root -g root -m 0644 "$unit" "$root/etc/systemd/system/${unit##*/}"
	if grep -q '^\[Install\]' "$unit"; then
		systemctl --quiet --root="$root" enable "${unit##*/}"
	fi
done
for dropin in "$units"/*.d/*.conf; do
	install -D -o root -g root -m 0644 "$dropin" "$root/etc/systemd/system/${dropin#"$units/"}"
done

if ! grep -q '^runner:' "$root/etc/passwd"; then
	groupadd --prefix "$root" --gid 1001 runner
	useradd --prefix "$root" --uid 1001 --gid 1001 --create-home --home-dir /home/runner --shell /bin/bash runner
fi
