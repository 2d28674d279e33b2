# shellcheck shell=bash
# What a snapshot must not hold. All of it is clean.sh's business. Sourced by verify.sh.

readonly again="run clean.sh last, before the snapshot"

# left PATTERN...: files that are there, and not empty.
left() {
	local path
	for path in "$@"; do [ -s "$path" ] && echo "$path"; done
	return 0
}
check "no host keys" "$again" left /etc/ssh/ssh_host_*
check "no authorized keys" "$again" left /root/.ssh/authorized_keys* /home/*/.ssh/authorized_keys*
check "no private keys" "$again" left /root/.ssh/id_* /home/*/.ssh/id_*
check "no history" "$again" left /root/.*_history /home/*/.*_history
check "no credentials" "$again" left {/root,/home/*}/{.aws/credentials,.aws/config,.docker/config.json,.netrc,.git-credentials,.npmrc,.pypirc} /etc/docker/key.json
check "no cloud-init" "$again" left /usr/bin/cloud-init /etc/cloud/cloud.cfg /lib/systemd/system/cloud-init.service

boot=$(awk '$1 == "btime" { print $2 }' /proc/stat)
# before prints the files of a directory that are older than this boot and not empty: so they are the image's.
before() { find "$@" -xdev -type f -size +0 ! -newermt "@$boot" -print; }
check "no logs" "$again" before /var/log
check "no old temporary files" "$again" before /tmp /var/tmp
check "no old machine id" "$again" before /etc/machine-id /var/lib/dbus -name machine-id
