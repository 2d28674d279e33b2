# shellcheck shell=bash
# What the kernel was told. Sourced by verify.sh.

# sysctl_is KEY WANT: a key with - before it may be missing in this kernel.
sysctl_is() {
	local file=/proc/sys/${1#-} got
	file=${file//./\/}
	if [ ! -e "$file" ]; then
		case $1 in -*) ;; *) echo "this kernel does not have it" ;; esac
		return 0
	fi
	read -r got <"$file"
	[ "$got" = "$2" ] || echo "got $got, want $2"
}
# The last of a key's lines counts, as for systemd-sysctl.
while read -r key value; do
	check "sysctl ${key#-}" "lay sysctl.d/zz-mayfly.conf, and look for files after it in the order of their names" sysctl_is "$key" "$value"
done < <(sed -nE 's/^([a-z_0-9.-]+) = (.+)$/\1 \2/p' sysctls | awk '{ key = $1; $1 = ""; sub(/^ /, ""); value[key] = $0; if (!seen[key]++) order[++n] = key }
	END { for (i = 1; i <= n; i++) print order[i], value[order[i]] }')

apparmor_on() {
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] || echo "it is off in the kernel"
	systemctl is-enabled --quiet apparmor.service || echo "its profiles are not loaded at boot"
}
check "AppArmor" "systemctl enable apparmor.service, and leave apparmor=0 out of the kernel's command line" apparmor_on

if hardened; then
	modules_locked() {
		local got
		read -r got </proc/sys/kernel/modules_disabled
		[ "$got" = 1 ] || echo "the kernel still loads modules"
	}
	check "modules are locked" "systemctl enable mayfly-lock.path" modules_locked

	for module in cramfs freevxfs hfs hfsplus jffs2 udf dccp rds sctp tipc; do
		denied() { modprobe --dry-run --show-depends "$1" 2>&1 | grep -q '^install /bin/false' || echo "it could be loaded"; }
		check "no module $module" "lay files/hardened/etc/modprobe.d/mayfly.conf" denied "$module"
	done
fi
