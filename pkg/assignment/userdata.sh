#!/bin/bash
# mayfly {}
#
# What cloud-init runs on a machine whose image has it, such as a plain Ubuntu 24.04: it starts the
# agent, which is in the image, or else in the stack's bucket under the SHA-256 that is told above.
# Whatever goes wrong powers the machine off. On Mayfly's own images there is no cloud-init, and the
# agent reads the line above by itself.
#
# No dollar sign stands before a brace here, so CloudFormation's Fn::Sub leaves the script alone.
set -euo pipefail
umask 077
export LC_ALL=C

program=/opt/mayfly/agent
metadata=http://169.254.169.254/latest
doing='begin'

# off is where every failure ends: the machine goes in order, and after 30 s by force.
off() {
	trap - EXIT
	echo "mayfly: it failed to $doing. This machine powers off." >&2
	systemctl poweroff || true
	sleep 30
	systemctl poweroff --force --force
	exit 1
}
trap off EXIT

# told is a value of the line above: what a pattern's one group matches. None is empty.
told() { sed -n "2s/^# mayfly .*$1.*/\1/p" "$0"; }

# again does something until it succeeds, five times at most, with ever longer waits.
again() {
	local try
	for try in 1 2 3 4 5; do
		if "$@"; then return; fi
		sleep "$try"
	done
	return 1
}

# The secrets are told to curl by its standard input: arguments can be read by anybody.
ask() {
	curl --silent --show-error --fail --noproxy '*' --connect-timeout 1 --max-time 2 "$@" | head --bytes 65536
}

session() { ask --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token"; }

about() {
	printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" | ask --config - "$metadata/meta-data/$1"
}

# is says whether a text is what a pattern allows. What is asked for becomes part of URLs.
is() { [[ $1 =~ ^($2)$ ]]; }

# key is one of the role's keys.
key() { printf '%s' "$keys" | sed -n "s|.*\"$1\" *: *\"\([A-Za-z0-9+/=_-]*\)\".*|\1|p"; }

# S3 wants every header that begins with x-amz- signed, as curl does since 7.87. Ubuntu 24.04 has 8.5.
fetch() {
	printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' "$(key AccessKeyId)" "$(key SecretAccessKey)" "$(key Token)" |
		curl --silent --show-error --fail --noproxy '*' --config - --aws-sigv4 "aws:amz:$region:s3" \
			--header "x-amz-content-sha256: $nothing" --connect-timeout 5 --max-time 60 \
			--output "$program.new" "$endpoint/$bucket/agents/$digest"
}

download() {
	doing='find the SHA-256 of its agent in the user data'
	case $(uname -m) in
		x86_64) arch=amd64 ;;
		aarch64) arch=arm64 ;;
		*) return 1 ;;
	esac
	digest=$(told "\"agent\": *{[^}]*\"$arch\": *\"\([0-9a-f]\{64\}\)\"")
	bucket=$(told '"bucket": *"\([a-z0-9.-]*\)"')
	[ -n "$digest" ]
	doing='find its bucket in the user data'
	[ -n "$bucket" ]

	doing='read the instance metadata'
	token=$(again session)
	is "$token" '[A-Za-z0-9+/=_-]{1,128}'
	region=$(again about placement/region)
	is "$region" '[a-z]{2}(-[a-z]+)+-[0-9]+'
	domain=$(again about services/domain)
	is "$domain" '[a-z0-9.-]+'
	role=$(again about iam/security-credentials/)
	is "$role" '[A-Za-z0-9+=,.@_-]{1,64}'
	keys=$(again about "iam/security-credentials/$role")

	doing="fetch agents/$digest from the bucket $bucket"
	endpoint=$(told '"s3_endpoint": *"\([^"]*\)"')
	[ -n "$endpoint" ] || endpoint=https://s3.$region.$domain
	nothing=$(printf '' | sha256sum | cut -d ' ' -f 1)
	install -d -m 0755 "$(dirname "$program")"
	again fetch

	doing="take that agent: its SHA-256 is not $digest"
	echo "$digest  $program.new" | sha256sum --check --status
	chmod 0755 "$program.new"
	mv "$program.new" "$program"
}

[ -x "$program" ] || download
doing='install and start the agent'
if ! systemctl cat mayfly-agent.service >/dev/null 2>&1; then
	"$program" install
	systemctl daemon-reload
fi
systemctl start --no-block mayfly-watchdog.timer mayfly-deadline.path mayfly-agent.service
trap - EXIT
