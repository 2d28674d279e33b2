# shellcheck shell=bash
# Who can reach the machine, and what of it a job can reach. Sourced by verify.sh.

# listeners are sockets that wait for strangers: of UDP, those below the ports that clients get, but for DHCP's own.
listeners() {
	local first
	read -r first _ </proc/sys/net/ipv4/ip_local_port_range
	ss -Hlntup | awk -v first="$first" '
		{ port = $5; sub(/.*:/, "", port); address = $5; sub(/:[^:]*$/, "", address); sub(/%.*/, "", address) }
		address ~ /^127\./ || address == "[::1]" || address ~ /^\[::ffff:127\./ { next }
		$1 == "udp" && (port >= first || port == 68 || port == 546) { next }
		{ print $1 " " $5 " " $7 }'
}
check "no listeners" "stop its unit, with its reason in units.txt" listeners

sshd_starts() {
	local unit
	for unit in ssh.service ssh.socket; do
		[ "/run/systemd/system/$unit" -ef /dev/null ] || echo "$unit could be started"
	done
	find /etc/systemd/system -path '*.wants/ssh*' -printf '%p starts it\n'
}
check "sshd is off" "lay files/clean; the agent starts it, where the stack lets people in" sshd_starts

# door asks the metadata for a token, as this uid, and prints the answer's status; 000 is none.
door() {
	setpriv --reuid "$1" --regid "$1" --clear-groups curl --globoff --silent --output /dev/null --write-out '%{http_code}' --max-time 3 \
		--request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "http://$2/latest/api/token"
}
door_to_job() {
	local at answer
	for at in 169.254.169.254 '[fd00:ec2::254]'; do
		answer=$(door 1001 "$at")
		[ "$answer" = 000 ] || echo "the metadata at $at answers a job with $answer"
	done
	return 0
}
check "door is closed to the job" "the agent closes it before a job starts: see its log, and docs/machine.md" door_to_job

clock() {
	systemctl is-active --quiet chrony.service || echo "chrony does not run"
	local sources
	sources=$(grep -hE '^ *(server|pool|peer|sourcedir|confdir|include|refclock)' /etc/chrony/chrony.conf | awk '{ print $1, $2 }')
	[ "$sources" = "server 169.254.169.123" ] || echo "its sources are \"$sources\", want Amazon's clock alone"
}
check "clock" "lay files/all/etc/chrony/chrony.conf" clock
