#!/usr/bin/env bash
# Makes the trees that test machines are made of, once: DIR/KEY/agent, as an image of ours is before the
# agent is installed, DIR/KEY/cloud-init, the same with cloud-init, and DIR/KEY/vmlinuz. KEY is the hash
# of this script. Prints DIR/KEY. Needs root and a Debian mirror.
set -euo pipefail

cache=$1
mirror=${MAYFLY_DEBIAN_MIRROR:-http://deb.debian.org/debian}
trees=$cache/$(sha256sum "$0" | cut -c 1-16)

if [ -d "$trees" ]; then
	echo "$trees"
	exit
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/building-XXXXXX")
trap 'rm -rf "$work"' EXIT
say() { echo "image: $*" >&2; }
in_agent() { chroot "$work/agent" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
in_cloud_init() { chroot "$work/cloud-init" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

say "Debian from $mirror, some 300 MB; this happens once"
debootstrap --variant=minbase --include=systemd,systemd-sysv,udev,dbus,kmod,nftables,iproute2,procps,curl,ca-certificates,e2fsprogs,cryptsetup-bin \
	bookworm "$work/agent" "$mirror" >&2

# The package would make an initial RAM disk, and nobody needs one: NVMe and ext4 are built in.
say "the cloud kernel"
in_agent apt-get -qq update
kernel=$(in_agent apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
in_agent sh -c "cd /tmp && apt-get -qq download $kernel && dpkg-deb -x $kernel*.deb kernel" >&2
cp -a "$work/agent/tmp/kernel/lib/modules" "$work/agent/usr/lib/"
cp "$work"/agent/tmp/kernel/boot/vmlinuz-* "$work/vmlinuz"
rm -rf "$work/agent/tmp/"* "$work/agent/var/cache/apt/"*.bin
in_agent depmod "${kernel#linux-image-}"

# What an image for runners has no use for: it lives for one job.
in_agent systemctl -q mask getty@tty1 console-getty apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
	e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-pstore.service
in_agent systemctl -q enable systemd-networkd
in_agent passwd --quiet --lock root
echo vm >"$work/agent/etc/hostname"
printf '127.0.0.1 localhost vm\n' >"$work/agent/etc/hosts"

say "the same with cloud-init"
cp -a "$work/agent" "$work/cloud-init"
in_cloud_init apt-get -qq install --yes --no-install-recommends cloud-init >&2
rm -rf "$work"/{agent,cloud-init}/var/cache/apt/archives/*.deb "$work"/{agent,cloud-init}/var/lib/apt/lists/*

chmod 755 "$work"
mv "$work" "$trees"
echo "$trees"
