#!/usr/bin/env bash
# Makes what images are made of, once: DIR/KEY/stock, which stands for a distribution's own image, with the daemons,
# the timers, the sshd and the cloud-init that Canonical's images of Ubuntu have; DIR/KEY/base, what base.sh
# writes over it, as overlayfs has it; and DIR/KEY/vmlinuz. KEY is the hash of all that makes them. Prints DIR/KEY.
# Needs root and a Debian mirror.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=agent/vmtest/debian.sh
. agent/vmtest/debian.sh

cache=$1
scripts=packer/scripts
key() { cat "$@" | sha256sum | cut -c 1-16; }
stock=$cache/stock-$(key packer/imagetest/trees.sh agent/vmtest/debian.sh)
mapfile -t files < <(find $scripts/files/all -type f | sort)
base=$cache/base-$(key packer/imagetest/{trees,in-root}.sh agent/vmtest/debian.sh $scripts/{base,inputs,os,lay}.sh $scripts/units.txt "${files[@]}")
mkdir -p "$cache"

if [ ! -d "$stock" ]; then
	work=$(mktemp -d "$cache/building-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	debian "$work/stock" ca-certificates,curl,e2fsprogs,iproute2,procps,locales
	cloud_kernel "$work/stock" "$work/vmlinuz"
	say "what Canonical's images have beside it"
	inside "$work/stock" apt-get -qq install --yes --no-install-recommends \
		apparmor chrony cloud-guest-utils cloud-init cron dbus-user-session libpam-systemd logrotate lvm2 man-db openssh-server polkitd \
		rsyslog sudo systemd-resolved unattended-upgrades >&2
	inside "$work/stock" systemctl -q enable systemd-networkd
	echo vm >"$work/stock/etc/hostname"
	printf '127.0.0.1 localhost vm\n' >"$work/stock/etc/hosts"
	echo '/dev/nvme0n1 / ext4 rw,discard,errors=remount-ro 0 1' >"$work/stock/etc/fstab"
	# cloud-init makes the user that Packer logs in as; here it is made as that leaves it.
	inside "$work/stock" useradd --create-home --shell /bin/bash --groups adm,sudo,cdrom ubuntu
	echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >"$work/stock/etc/sudoers.d/90-cloud-init-users"
	rm -rf "$work/stock/var/cache/apt/archives/"*.deb
	chmod 755 "$work"
	mv "$work" "$stock"
fi

if [ ! -d "$base" ]; then
	work=$(mktemp -d "$cache/building-XXXXXX")
	trap 'umount "$work/root" 2>/dev/null || true; rm -rf "$work"' EXIT
	mkdir "$work"/{base,over,root}
	mount -t overlay overlay "$work/root" -o "lowerdir=$stock/stock,upperdir=$work/base,workdir=$work/over"
	mkdir "$work/root/tmp/mayfly"
	cp -r $scripts "$work/root/tmp/mayfly/"
	(
		set -a
		# shellcheck source=/dev/null
		. packer/imagetest/inputs.env
		packer/imagetest/in-root.sh "$work/root" bash /tmp/mayfly/scripts/base.sh >&2
	)
	rm -rf "$work/root/tmp/mayfly"
	say "AppArmor's profiles, as a kernel that has AppArmor compiles them; this one most often has not"
	printf '%s\n' '#!/bin/bash' 'export PATH=/usr/sbin:/usr/bin' 'mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev; mount -t sysfs sysfs /sys; mount -t securityfs securityfs /sys/kernel/security' \
		'mkdir -p /var/cache/apparmor; apparmor_parser --write-cache --skip-kernel-load /etc/apparmor.d' 'tar -c -C /var/cache apparmor >/dev/nvme1n1' 'poweroff -f' >"$work/root/compile"
	chmod +x "$work/root/compile"
	truncate -s 3G "$work/disk"
	truncate -s 64M "$work/cache"
	mkfs.ext4 -q -F -d "$work/root" "$work/disk"
	timeout 600 qemu-system-x86_64 -machine q35,sata=off -cpu qemu64 -accel tcg -m 1024 -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$stock/vmlinuz" -append "root=/dev/nvme0n1 rw console=ttyS0 quiet panic=-1 init=/compile" -serial stdio \
		-drive "file=$work/disk,format=raw,if=none,id=root,cache=unsafe" -device nvme,drive=root,serial=vol1 \
		-drive "file=$work/cache,format=raw,if=none,id=cache,cache=unsafe" -device nvme,drive=cache,serial=vol2 >&2
	tar -x -C "$work/root/var/cache" -f "$work/cache"
	rm "$work/root/compile"
	umount "$work/root"
	rm -rf "$work/over" "$work/root" "$work/disk" "$work/cache"
	ln -s "$stock/stock" "$work/stock"
	ln -s "$stock/vmlinuz" "$work/vmlinuz"
	chmod 755 "$work"
	mv "$work" "$base"
fi
echo "$base"
