#!/usr/bin/env bash
# Runs a command in the tree ROOT as if that were a machine's root: with a /proc, a /dev, an empty /run, the names
# of the network, and no environment but MAYFLY_*. Nothing of it is left mounted. Needs root.
set -euo pipefail
root=$1
if [ -z "${IN_ROOT-}" ]; then
	IN_ROOT=yes exec unshare --mount "$0" "$@"
fi
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
install -D -m 0644 /etc/resolv.conf "$root/run/systemd/resolve/stub-resolv.conf"
mapfile -t inputs < <(env | grep '^MAYFLY_')
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "${inputs[@]}" "${@:2}"
