#!/usr/bin/env bash
# What is laid over a base: GitHub's runner, the agent, and the profile. The agent is ../agent. The runner comes
# from GitHub's release, or is the file MAYFLY_RUNNER_TARBALL; either way it has to have its SHA-256.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=packer/scripts/inputs.sh
. ./inputs.sh
# shellcheck source=packer/scripts/lay.sh
. ./lay.sh
# shellcheck source=packer/scripts/prefetch.sh
. ./prefetch.sh

agent=../agent
runner=/opt/actions-runner

machine_inputs
runner_inputs
all_right
this_machine
[ -z "${MAYFLY_RUNNER_TARBALL-}" ] || [ -r "$MAYFLY_RUNNER_TARBALL" ] ||
	refuse "MAYFLY_RUNNER_TARBALL is \"$MAYFLY_RUNNER_TARBALL\", which cannot be read: leave it out, and the release is fetched from GitHub"
[ -x "$agent" ] || refuse "$PWD/$agent is no program: upload the agent for $MAYFLY_ARCH there"
[ -d /mnt/mayfly ] || refuse "/mnt/mayfly is not there: run base.sh first, or start from an AMI that it made"
all_right

step() { echo "== runner: $*"; }

step "GitHub's runner $MAYFLY_RUNNER_VERSION"
tarball=${MAYFLY_RUNNER_TARBALL-}
if [ -z "$tarball" ]; then
	tarball=$(mktemp -d)/runner.tar.gz
	curl --fail --silent --show-error --location --proto '=https' --retry 5 --output "$tarball" \
		"https://github.com/actions/runner/releases/download/v$MAYFLY_RUNNER_VERSION/actions-runner-linux-$MAYFLY_ARCH-$MAYFLY_RUNNER_VERSION.tar.gz"
fi
got=$(sha256sum <"$tarball" | cut -d ' ' -f 1)
if [ "$got" != "$MAYFLY_RUNNER_SHA256" ]; then
	refuse "MAYFLY_RUNNER_SHA256 is \"$MAYFLY_RUNNER_SHA256\", and what was fetched has $got: set the SHA-256 of actions-runner-linux-$MAYFLY_ARCH-$MAYFLY_RUNNER_VERSION.tar.gz, as the release's page has it"
fi
all_right

step "the agent and the runner's user"
./install-agent.sh / "$agent"
install -d -o runner -g runner -m 0755 "$runner"
tar --extract --gzip --no-same-owner --file "$tarball" --directory "$runner"
install -d "$runner/_work"
chown -R --no-dereference runner:runner "$runner"
"$runner/bin/installdependencies.sh" >&2 # it knows the distributions
rm -rf /var/lib/apt/lists/*

step "profile $MAYFLY_PROFILE"
lay "files/$MAYFLY_PROFILE"
case $MAYFLY_PROFILE in
compat) usermod --append --groups docker runner ;;
hardened)
	# The kernel mounts the root so that it cannot be written, and systemd then does as fstab says; and so with /boot.
	awk '$1 !~ /^#/ && $2 ~ /^\/(boot(\/.*)?)?$/ { sub(/^(rw|defaults)(,|$)/, "", $4); $4 = "ro" ($4 ? "," $4 : "") } { print }' /etc/fstab >/etc/fstab.new
	mv /etc/fstab.new /etc/fstab
	systemctl --quiet enable mayfly-modules.service mayfly-lock.path var.mount etc-ssh.mount etc-docker.mount tmp.mount
	;;
esac

step "what verify.sh goes by"
install -d /opt/mayfly/verify/checks
install -m 0755 verify.sh /opt/mayfly/verify/verify.sh
install -m 0644 checks/*.sh /opt/mayfly/verify/checks/
install -m 0644 units.txt /opt/mayfly/verify/units.txt
cat files/all/etc/sysctl.d/*.conf "$(ls files/"$MAYFLY_PROFILE"/etc/sysctl.d/*.conf 2>/dev/null || echo /dev/null)" >/opt/mayfly/verify/sysctls
declare -p MAYFLY_OS MAYFLY_ARCH MAYFLY_KIND MAYFLY_PROFILE MAYFLY_GPU MAYFLY_RUNNER_VERSION MAYFLY_RUNNER_RELEASED |
	sed 's/^declare -[-x]* //' >/opt/mayfly/image.env

step "what a boot reads"
warm_profiles
warm "$runner" >/opt/mayfly/prefetch
step "done"
