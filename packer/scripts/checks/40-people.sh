# shellcheck shell=bash
# Who is on the machine, and who may become root. Sourced by verify.sh.

passwords() { awk -F: '$2 !~ /^[!*]/ { print $1 " has " ($2 == "" ? "no password" : "a password") }' /etc/shadow; }
check "nobody has a password" "passwd --lock" passwords

roots() { awk -F: '$3 == 0 && $1 != "root" { print $1 " is root, too" }' /etc/passwd; }
check "root is one" "userdel" roots

# Whom the image was made by is still there, and comes in no more.
people() {
	awk -F: -v today=$(($(date +%s) / 86400)) '
		NR == FNR { ends[$1] = $8; next }
		$3 >= 1000 && $3 < 60000 && $1 != "runner" && (ends[$1] == "" || ends[$1] > today) { print $1 " may log in" }' /etc/shadow /etc/passwd
}
check "no people" "manifest.sh ends their accounts" people

groups_of_runner() {
	local want="1001 runner" got
	hardened || want="1001 runner docker"
	got="$(id -u runner) $(id -Gn runner)"
	[ "$got" = "$want" ] || echo "got uid and groups $got, want $want"
}
check "runner's groups" "gpasswd --delete runner GROUP, or in compat usermod --append --groups docker runner" groups_of_runner

# sudo says what it would let each account do, but for root's own.
sudoers() {
	local user may
	while IFS=: read -r user _; do
		[ "$user" = root ] && continue
		may=$(sudo --list --other-user="$user" 2>&1 | sed -nE 's/^ +(\(.*)/\1/p')
		if [ "$user" = runner ] && ! hardened; then
			[ "$may" = "(ALL) NOPASSWD: ALL" ] || echo "runner may do \"$may\" by sudo, want all, as on GitHub's images"
		elif [ -n "$may" ]; then
			echo "$user may do \"$may\" by sudo"
		fi
	done < <(awk -F: '$1 == "runner" || $3 >= 1000 && $3 < 60000' /etc/passwd)
}
check "sudo" "look into /etc/sudoers.d: compat has 90-runner there, and hardened nothing" sudoers
