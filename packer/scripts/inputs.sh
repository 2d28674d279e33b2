# shellcheck shell=bash
# What an image is built from: every script asks for what it needs of it before it changes anything. What is
# wrong is told all together, a line for each: the variable, its value, and what to set.

wrong=0
refuse() {
	echo "${0##*/}: $*" >&2
	wrong=1
}

# needs NAME PATTERN FIX: the variable has to be there, and all of it has to match.
needs() {
	if [ -z "${!1-}" ]; then
		refuse "$1 is not set: $3"
	elif [[ ! ${!1} =~ ^($2)$ ]]; then
		refuse "$1 is \"${!1}\": $3"
	fi
}

# machine_inputs are what decides about the base: what it runs on, and how much it has.
machine_inputs() {
	needs MAYFLY_OS 'ubuntu22|ubuntu24|ubuntu26|debian12' 'set ubuntu22, ubuntu24 or ubuntu26; debian12 is for tests'
	needs MAYFLY_ARCH 'x64|arm64' 'set x64 or arm64'
	needs MAYFLY_KIND 'minimal|full' 'set minimal or full'
	needs MAYFLY_GPU 'true|false' 'set true or false'
	needs MAYFLY_SOURCE_AMI 'ami-([0-9a-f]{8}|[0-9a-f]{17})' 'set the id of the AMI that this one is made from, such as ami-0123456789abcdef0'
	needs MAYFLY_COMMIT '[0-9a-f]{40}' 'set the commit of these scripts, as git rev-parse HEAD prints it'
	if [ "${MAYFLY_KIND-}" = full ]; then
		needs MAYFLY_RUNNER_IMAGES_COMMIT '[0-9a-f]{40}' "set the commit of actions/runner-images, all 40 digits: a branch or a tag may move"
	elif [ -n "${MAYFLY_RUNNER_IMAGES_COMMIT-}" ]; then
		refuse "MAYFLY_RUNNER_IMAGES_COMMIT is \"$MAYFLY_RUNNER_IMAGES_COMMIT\", and MAYFLY_KIND is \"${MAYFLY_KIND-}\": only full has one, so leave it out or set MAYFLY_KIND=full"
	fi
}

# runner_inputs are what is laid over a base: the runner, and how much a job may do.
runner_inputs() {
	needs MAYFLY_PROFILE 'compat|hardened' 'set compat or hardened'
	needs MAYFLY_RUNNER_VERSION '[0-9]+\.[0-9]+\.[0-9]+' "set the version of actions/runner, such as 2.329.0, with no v before it"
	needs MAYFLY_RUNNER_SHA256 '[0-9a-f]{64}' "set the SHA-256 of that release's tarball for linux-${MAYFLY_ARCH:-x64}, 64 digits: it is on the release's page"
	needs MAYFLY_RUNNER_RELEASED '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' 'set the day of that release as YYYY-MM-DD: GitHub takes a runner for 30 days from the next one on'
}

# this_machine sees that the machine is the one that the inputs are of.
this_machine() {
	[ "$(id -u)" -eq 0 ] || refuse "this is user $(id -un): run it as root, on the machine that becomes the image"
	local system architecture
	# shellcheck source=/dev/null
	system=$(. /etc/os-release && echo "$ID${VERSION_ID%%.*}")
	architecture=$(dpkg --print-architecture | sed 's/amd64/x64/')
	[ "$system" = "$MAYFLY_OS" ] || refuse "MAYFLY_OS is \"$MAYFLY_OS\", and this machine is $system: start from an AMI of $MAYFLY_OS, or set MAYFLY_OS=$system"
	[ "$architecture" = "$MAYFLY_ARCH" ] || refuse "MAYFLY_ARCH is \"$MAYFLY_ARCH\", and this machine is $architecture: start from an AMI for $MAYFLY_ARCH, or set MAYFLY_ARCH=$architecture"
}

# all_right ends the script if anything was refused.
all_right() { [ "$wrong" -eq 0 ] || exit 1; }
