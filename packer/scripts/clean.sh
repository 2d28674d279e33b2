#!/usr/bin/env bash
# What must not be in a snapshot: whatever is this machine's own, or tells of how it was made. After this the next
# boot lets nobody in, and has nothing of cloud-init's. Source: docs.aws.amazon.com, EC2 User Guide, "Shared AMIs", "Guidelines for shared Linux AMIs".
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=packer/scripts/inputs.sh
. ./inputs.sh
# shellcheck source=packer/scripts/lay.sh
. ./lay.sh
machine_inputs
runner_inputs
all_right
this_machine
[ -x /opt/mayfly/agent ] || refuse "/opt/mayfly/agent is not there: run runner.sh first, for nothing can be installed after this"
all_right

step() { echo "== clean: $*"; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

step "cloud-init, whose work is the agent's"
if dpkg-query -W cloud-init >/dev/null 2>&1; then
	apt-get -qq --yes -o DPkg::Lock::Timeout=120 purge cloud-init >&2
fi
rm -rf /etc/cloud /var/lib/cloud /run/cloud-init /etc/netplan/*.yaml /etc/network/interfaces.d/*

step "the way in"
systemctl --quiet disable ssh.service
if systemctl list-unit-files ssh.socket >/dev/null 2>&1; then systemctl --quiet disable ssh.socket; fi
lay files/clean
rm -f /etc/ssh/ssh_host_*
passwd --quiet --lock root

step "keys, histories, credentials"
for home in /root /home/*; do
	rm -rf "$home"/.ssh "$home"/.*_history "$home"/.lesshst "$home"/.viminfo "$home"/.wget-hsts "$home"/.sudo_as_admin_successful \
		"$home"/.aws "$home"/.docker "$home"/.netrc "$home"/.git-credentials "$home"/.gnupg "$home"/.config "$home"/.cache "$home"/.local "$home"/.npmrc "$home"/.pypirc
done
rm -f /etc/docker/key.json /opt/actions-runner/.credentials* /opt/actions-runner/.runner /opt/actions-runner/.env /opt/actions-runner/.path
rm -rf /opt/actions-runner/_diag/*

step "logs, caches, what is temporary"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/lib/dpkg/*-old /etc/*- /var/crash/* /var/spool/cron/crontabs/* /var/mail/*
find /var/log -type f -delete
rm -rf /var/log/journal
install -o root -g utmp -m 0664 /dev/null /var/log/wtmp
install -o root -g utmp -m 0660 /dev/null /var/log/btmp
install -o root -g utmp -m 0664 /dev/null /var/log/lastlog
find /tmp /var/tmp -mindepth 1 -maxdepth 1 ! -path /tmp/mayfly -exec rm -rf {} +

step "who this machine is"
# Empty, and there: systemd makes one at the next boot, and does not take that for the first one, in which it
# would enable units by their presets.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/lib/chrony/*
rm -rf /var/lib/systemd/timers/* /var/lib/systemd/network/* /var/lib/dhcp/* /var/lib/private/systemd/*
step "done"
