# shellcheck shell=bash
# What both image.sh and packer/imagetest/stock.sh make their trees of: Debian and its cloud kernel. Needs root
# and a Debian mirror.

mirror=${MAYFLY_DEBIAN_MIRROR:-http://deb.debian.org/debian}
say() { echo "image: $*" >&2; }
# inside runs a command in the tree $1.
inside() { chroot "$1" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "${@:2}"; }

# debian makes the tree $1 of Debian with the packages $2, between commas.
debian() {
	say "Debian from $mirror, some hundred MB; this happens once"
	debootstrap --variant=minbase --include="systemd,systemd-sysv,udev,dbus,kmod,$2" bookworm "$1" "$mirror" >&2
	inside "$1" apt-get -qq update
}

# cloud_kernel lays the cloud kernel's modules into the tree $1, and the kernel into the file $2. The package
# would make an initial RAM disk, and nobody needs one: NVMe and ext4 are built in.
cloud_kernel() {
	say "the cloud kernel"
	local kernel
	kernel=$(inside "$1" apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
	inside "$1" sh -c "cd /tmp && apt-get -qq download $kernel && dpkg-deb -x $kernel*.deb kernel" >&2
	cp -a "$1/tmp/kernel/lib/modules" "$1/usr/lib/"
	cp "$1"/tmp/kernel/boot/vmlinuz-* "$2"
	rm -rf "$1/tmp/"* "$1/var/cache/apt/"*.bin
	inside "$1" depmod "${kernel#linux-image-}"
}
