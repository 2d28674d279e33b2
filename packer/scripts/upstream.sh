#!/usr/bin/env bash
# Makes of this machine what GitHub's own image is, with GitHub's own scripts: those of github.com/actions/runner-images
# (MIT) at the commit MAYFLY_RUNNER_IMAGES_COMMIT, fetched here and now. Which of them, in what order, as whom and with
# which list of tools is read from their own template for MAYFLY_OS and MAYFLY_ARCH, so that nothing of it is copied here.
# It takes some hours. Needs root.
set -euo pipefail

: "${MAYFLY_OS:?is empty: set it to ubuntu22, ubuntu24 or ubuntu26}"
: "${MAYFLY_ARCH:?is empty: set it to x64 or arm64}"
: "${MAYFLY_RUNNER_IMAGES_COMMIT:?is empty: set it to the commit of actions/runner-images whose scripts to run}"
repository=${MAYFLY_RUNNER_IMAGES_REPOSITORY:-https://github.com/actions/runner-images}

fail() { echo "upstream.sh: $*" >&2; exit 1; }

# What their scripts are told. Source: their template, and variable.ubuntu.pkr.hcl beside it.
export IMAGE_FOLDER=${IMAGE_FOLDER:-/imagegeneration}
export HELPER_SCRIPTS=$IMAGE_FOLDER/helpers HELPER_SCRIPT_FOLDER=$IMAGE_FOLDER/helpers
export INSTALLER_SCRIPT_FOLDER=$IMAGE_FOLDER/installers IMAGEDATA_FILE=$IMAGE_FOLDER/imagedata.json
export IMAGE_VERSION=$MAYFLY_RUNNER_IMAGES_COMMIT IMAGE_OS=$MAYFLY_OS
export DEBIAN_FRONTEND=noninteractive DOCKERHUB_PULL_IMAGES=NO

# Those that would do harm here, or nothing: the runner comes with runner.sh, and the last is of Azure's machines.
skipped='install-runner-package.sh post-build-validation.sh'

# fetch leaves the commit in a directory. Git checks every file of it against the commit's own hash.
fetch() {
	command -v git >/dev/null || { apt-get update -q && apt-get install -yq git; }
	git init -q "$1"
	git -C "$1" fetch -q --depth 1 "$repository" "$MAYFLY_RUNNER_IMAGES_COMMIT" ||
		fail "MAYFLY_RUNNER_IMAGES_COMMIT is $MAYFLY_RUNNER_IMAGES_COMMIT, which $repository does not have: use all 40 digits of one of its commits"
	git -C "$1" checkout -q FETCH_HEAD
}

# template is the file of theirs that makes this image.
template() {
	local release=${MAYFLY_OS#ubuntu} arm=
	[ "$MAYFLY_ARCH" = x64 ] || arm=-arm64
	echo "$1/images/ubuntu/templates/build.ubuntu-${release}_04$arm.pkr.hcl"
}

# lay puts their files where their template puts them.
lay() {
	local ubuntu=$1/images/ubuntu toolset
	toolset=$(grep -om 1 'toolsets/[A-Za-z0-9._-]*' "$2") || fail "their template ${2#"$1"/} names no list of tools: it is written in another way at this commit, use an older one"
	mkdir "$IMAGE_FOLDER"
	chmod 777 "$IMAGE_FOLDER"
	cp -R "$ubuntu/scripts/helpers" "$IMAGE_FOLDER/helpers"
	cp -R "$ubuntu/scripts/build" "$IMAGE_FOLDER/installers"
	cp -R "$ubuntu/scripts/tests" "$IMAGE_FOLDER/tests"
	cp -R "$ubuntu/scripts/docs-gen" "$IMAGE_FOLDER/SoftwareReport"
	cp -R "$1/helpers/software-report-base" "$IMAGE_FOLDER/SoftwareReport/"
	cp -R "$ubuntu/assets/post-gen" "$IMAGE_FOLDER/post-generation"
	cp "$ubuntu/$toolset" "$IMAGE_FOLDER/installers/toolset.json"
}

# steps are their template's scripts in order, each after who runs it: root where their command says sudo.
steps() {
	awk '
		/^ *provisioner / { who = "user" }
		/execute_command/ { who = /sudo/ ? "root" : "user" }
		{ rest = $0
		  while (match(rest, /scripts\/build\/[A-Za-z0-9_-]+\.(sh|ps1)/)) {
			print who, substr(rest, RSTART + 14, RLENGTH - 14); rest = substr(rest, RSTART + RLENGTH) } }
	' "$1"
}

# carry_out runs one step.
carry_out() {
	local who=$1 script=$INSTALLER_SCRIPT_FOLDER/$2 with=()
	case $2 in *.ps1) with=(pwsh -f) ;; *) chmod +x "$script" ;; esac
	if [ "$who" = root ]; then
		"${with[@]}" "$script"
	else # some of what they install refuses to be installed by root
		runuser -u "${SUDO_USER:-ubuntu}" -- "${with[@]}" "$script"
	fi
}

main() {
	local checkout made who script n=0 all
	checkout=$(mktemp -d)
	fetch "$checkout"
	made=$(template "$checkout")
	[ -f "$made" ] || fail "MAYFLY_OS is $MAYFLY_OS and MAYFLY_ARCH is $MAYFLY_ARCH, for which actions/runner-images has no template at this commit: ${made#"$checkout"/}"
	all=$(steps "$made")
	[ -n "$all" ] || fail "their template ${made#"$checkout"/} names no scripts: it is written in another way at this commit, use an older one"
	lay "$checkout" "$made"
	while read -r who script <&3; do
		n=$((n + 1))
		case " $skipped " in *" $script "*) continue ;; esac
		echo "== $n of $(wc -l <<<"$all"): $script"
		carry_out "$who" "$script" || fail "$script failed, see above: it is theirs, at commit $MAYFLY_RUNNER_IMAGES_COMMIT"
	done 3<<<"$all"
	rm -rf "$checkout"
}

main
