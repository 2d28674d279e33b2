# shellcheck shell=bash
# What the first boot would have to make, and what it will read. Sourced by runner.sh.

# warm_profiles compiles AppArmor's profiles for this kernel, if it has AppArmor.
warm_profiles() {
	if [ -d /sys/kernel/security/apparmor/features ]; then apparmor_parser --write-cache --skip-kernel-load /etc/apparmor.d >&2; fi
}

# Which files a boot and the listener's start read: those of which the kernel has pages in memory, after it was
# made to forget what is in no use, and the listener was started once to the point where it would ask GitHub.

# candidates are the files that can be among them.
candidates() {
	find "$1/bin" /opt/mayfly/agent /usr/lib/systemd /usr/lib/"$(uname -m)"-linux-gnu /usr/bin /usr/sbin /usr/lib/locale /usr/share/dbus-1 \
		/etc/ssl/certs /lib/modules -type f -print0
}

# warm prints the list for the runner in the directory $1, and leaves what it compiled or cached in its place.
warm() {
	# It reads nothing, and tells the kernel that the file's pages are not needed.
	candidates "$1" | xargs -0 -n 1 -P 8 -I{} dd if={} iflag=nocache count=0 status=none
	(cd "$1" && timeout 120 setpriv --reuid runner --regid runner --init-groups env -i HOME=/home/runner PATH="$PATH" bin/Runner.Listener warmup >&2)
	candidates "$1" | xargs -0 fincore --bytes --noheadings --raw --output RES,FILE | awk '$1 > 0 { print $2 }' | LC_ALL=C sort
}
