#!/usr/bin/env bash
# The last that runs on a machine that becomes an image: says what it was made of, into /opt/mayfly/manifest.json and
# to standard output, and takes away what is left of its making, the user's rights who made it among it. The same
# inputs make the same bytes.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=packer/scripts/inputs.sh
. ./inputs.sh
machine_inputs
runner_inputs
all_right
this_machine
[ -x /opt/mayfly/agent ] || refuse "/opt/mayfly/agent is not there: run runner.sh first"
[ -s /etc/machine-id ] && refuse "/etc/machine-id is not empty: run clean.sh first"
all_right

packages() {
	# shellcheck disable=SC2016 # it is dpkg that fills these in
	dpkg-query -W -f '${db:Status-Status}\t${binary:Package}\t${Version}\n' | LC_ALL=C sort |
		jq -Rn '[inputs | split("\t") | select(.[0] == "installed") | {key: .[1], value: .[2]}] | from_entries'
}
# The digest of these scripts, which a commit alone does not tell: they may have been changed since.
own() { find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1; }

jq -nS --arg os "$MAYFLY_OS" --arg arch "$MAYFLY_ARCH" --arg kind "$MAYFLY_KIND" --arg profile "$MAYFLY_PROFILE" --argjson gpu "$MAYFLY_GPU" \
	--arg source_ami "$MAYFLY_SOURCE_AMI" --arg commit "$MAYFLY_COMMIT" --arg runner_images_commit "${MAYFLY_RUNNER_IMAGES_COMMIT-}" \
	--arg scripts "$(own)" --arg agent "$(sha256sum </opt/mayfly/agent | cut -d ' ' -f 1)" \
	--arg version "$MAYFLY_RUNNER_VERSION" --arg sha256 "$MAYFLY_RUNNER_SHA256" --arg released "$MAYFLY_RUNNER_RELEASED" \
	--slurpfile packages <(packages) '{
		manifest: 1, os: $os, arch: $arch, kind: $kind, profile: $profile, gpu: $gpu, source_ami: $source_ami,
		commit: $commit, scripts_sha256: $scripts, agent_sha256: $agent,
		runner: {version: $version, sha256: $sha256, released: $released},
		packages: $packages[0]
	} + if $runner_images_commit == "" then {} else {runner_images_commit: $runner_images_commit} end' >/opt/mayfly/manifest.json
chmod 0644 /opt/mayfly/manifest.json
cat /opt/mayfly/manifest.json

# The session that runs this goes on; nobody logs in any more.
rm -f /etc/sudoers.d/90-cloud-init-users
awk -F: '$3 >= 1000 && $3 < 60000 && $1 != "runner" { print $1 }' /etc/passwd | while read -r user; do
	usermod --lock --expiredate 1 --groups '' "$user"
done
rm -rf /etc/*- /tmp/mayfly
