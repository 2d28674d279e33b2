# shellcheck shell=bash
# What the image was made of, and what it starts. Sourced by verify.sh.

readonly window=30 # days that GitHub takes a runner for, after the next release. Source: docs.github.com, "Self-hosted runners reference"

runner_version() {
	local got
	got=$(cd /opt/actions-runner && setpriv --reuid runner --regid runner --init-groups env -i HOME=/home/runner PATH="$PATH" timeout 60 bin/Runner.Listener --version)
	[ "$got" = "$MAYFLY_RUNNER_VERSION" ] || echo "got $got, want $MAYFLY_RUNNER_VERSION"
}
check "runner's version" "build the image again" runner_version

runner_age() {
	local days=$((($(date +%s) - $(date -d "$MAYFLY_RUNNER_RELEASED" +%s)) / 86400))
	[ "$days" -lt "$window" ] || echo "version $MAYFLY_RUNNER_VERSION was released $days days ago, and updates itself before each job"
}
check "runner is young" "build the image again, with the newest release" runner_age

# provenance: the manifest tells of the agent that is here.
provenance() {
	local want
	want=$(jq -r '.agent_sha256' /opt/mayfly/manifest.json)
	echo "$want  /opt/mayfly/agent" | sha256sum --check --status || echo "/opt/mayfly/agent has another SHA-256 than $want"
	jq -e --arg profile "$MAYFLY_PROFILE" --arg version "$MAYFLY_RUNNER_VERSION" \
		'.profile == $profile and .runner.version == $version and (.packages | length > 100)' /opt/mayfly/manifest.json >/dev/null ||
		echo "it is of another image, or not whole"
}
check "manifest" "run manifest.sh after clean.sh" provenance

ends() {
	local unit
	for unit in mayfly-deadline.path mayfly-watchdog.timer; do
		systemctl is-enabled --quiet "$unit" || echo "$unit is not enabled"
	done
	systemctl is-enabled --quiet mayfly-agent.service || echo "mayfly-agent.service is not enabled"
}
check "what starts and ends a machine" "install-agent.sh enables it" ends

while read -r unit _; do
	masked() { [ "/etc/systemd/system/$1" -ef /dev/null ] || [ "/etc/systemd/system-generators/$1" -ef /dev/null ] || echo "it could start"; }
	check "no unit $unit" "base.sh masks all of units.txt" masked "$unit"
done < <(grep -vE '^(#|$)' units.txt)

failed_units() { systemctl list-units --failed --plain --no-legend --full | awk '{ print $1 " failed" }'; }
check "no unit has failed" "systemctl status, or journalctl -b -u" failed_units

docker_waits() {
	systemctl is-active --quiet docker.socket || echo "its socket is not there"
	systemctl is-enabled docker.service 2>/dev/null | grep -qx enabled && echo "it starts at boot"
	return 0
}
check "Docker starts when it is spoken to" "systemctl disable docker.service; systemctl enable docker.socket" docker_waits

if hardened; then
	docker_asks() {
		jq -e '."authorization-plugins" == ["mayfly"] and ."no-new-privileges" == true and .icc == false' /etc/docker/daemon.json >/dev/null ||
			echo "/etc/docker/daemon.json does not have it ask the agent"
		systemctl cat docker.service 2>/dev/null | grep -q '^ConditionPathExists=/run/docker/plugins/mayfly.sock' || echo "it would start without the agent"
	}
	check "Docker asks the agent" "lay files/hardened/etc/docker and docker.service.d" docker_asks
fi

# From the kernel's start to the agent's; what comes before is EC2's, and what comes after is the network's.
readonly budget=${MAYFLY_BOOT_BUDGET:-15} # seconds
boot_time() {
	local micros
	micros=$(systemctl show --property ExecMainStartTimestampMonotonic --value mayfly-agent.service)
	[ "${micros:-0}" -gt 0 ] || { echo "the agent never started" && return; }
	[ "$micros" -le $((budget * 1000000)) ] || echo "the agent started $((micros / 1000)) ms after the kernel, want $budget s at most"
}
check "boot time" "systemd-analyze critical-chain mayfly-agent.service" boot_time
