#!/usr/bin/env bash
# Makes the trees that test machines are made of, once: DIR/KEY/agent, as an image of ours is before the
# agent is installed, DIR/KEY/cloud-init, the same with cloud-init, and DIR/KEY/vmlinuz. KEY is the hash
# of what makes them. Prints DIR/KEY. Needs root and a Debian mirror.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=agent/vmtest/debian.sh
. ./debian.sh

cache=$1
trees=$cache/$(cat image.sh debian.sh | sha256sum | cut -c 1-16)

if [ -d "$trees" ]; then
	echo "$trees"
	exit
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/building-XXXXXX")
trap 'rm -rf "$work"' EXIT

debian "$work/agent" nftables,iproute2,procps,curl,ca-certificates,e2fsprogs,cryptsetup-bin
cloud_kernel "$work/agent" "$work/vmlinuz"

# What an image for runners has no use for: it lives for one job.
inside "$work/agent" systemctl -q mask getty@tty1 console-getty apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
	e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-pstore.service
inside "$work/agent" systemctl -q enable systemd-networkd
inside "$work/agent" passwd --quiet --lock root
echo vm >"$work/agent/etc/hostname"
printf '127.0.0.1 localhost vm\n' >"$work/agent/etc/hosts"

say "the same with cloud-init"
cp -a "$work/agent" "$work/cloud-init"
inside "$work/cloud-init" apt-get -qq install --yes --no-install-recommends cloud-init >&2
rm -rf "$work"/{agent,cloud-init}/var/cache/apt/archives/*.deb "$work"/{agent,cloud-init}/var/lib/apt/lists/*

chmod 755 "$work"
mv "$work" "$trees"
echo "$trees"
