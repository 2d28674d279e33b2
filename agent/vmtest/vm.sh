#!/usr/bin/env bash
# make test-vm, make test-images: says what is missing, makes what is tested, and runs the tests in namespaces of
# their own, so that whatever happens nothing is left of their machines, mounts and network. RUN=pattern runs some
# of them. Usage: vm.sh TAG FOLDER TREES: the tests' build tag, their folder, and what prints where their trees are.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=$1 folder=$2 trees=$3
name=$folder
start=$SECONDS

missing=()
for need in qemu-system-x86_64:qemu-system-x86 debootstrap:debootstrap ip:iproute2 nft:nftables mkfs.ext4:e2fsprogs unshare:util-linux; do
	command -v "${need%%:*}" >/dev/null || missing+=("$need")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "$name: missing: ${missing[*]%%:*}. Get it with: apt-get install ${missing[*]##*:}" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "$name: it needs root, for a network device and for mounts: run it with sudo" >&2
	exit 1
fi
if [ "$(uname -m)" != x86_64 ]; then
	echo "$name: it emulates an x86-64 machine with Debian's amd64 packages, and this is $(uname -m): run it on x86-64" >&2
	exit 1
fi
if [ ! -c /dev/net/tun ]; then
	echo "$name: /dev/net/tun is missing, and with it the machine's network: modprobe tun" >&2
	exit 1
fi

step() { printf '%s: %4d s  %s\n' "$name" $((SECONDS - start)) "$*"; }

step "what the machines are made of"
MAYFLY_VM_TREES=$("$trees" "${XDG_CACHE_HOME:-$HOME/.cache}/mayfly/$tag")
MAYFLY_VM_BIN=$(mktemp -d)
trap 'rm -rf "$MAYFLY_VM_BIN"' EXIT
MAYFLY_VM_KEEP=$PWD/bin/$tag
rm -rf "$MAYFLY_VM_KEEP"
mkdir -p "$MAYFLY_VM_KEEP"
export MAYFLY_VM_TREES MAYFLY_VM_BIN MAYFLY_VM_KEEP

step "the agent, the runner that stands in for GitHub's, and the tests"
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$MAYFLY_VM_BIN" ./cmd/agent ./cmd/mayfly
CGO_ENABLED=0 go test -c -tags "$tag" -o "$MAYFLY_VM_BIN/machines.test" "./$folder"

step "the tests; the consoles of their machines are kept in bin/$tag"
result=0
cd "$folder"
unshare --net --mount --pid --fork --kill-child --mount-proc \
	"$MAYFLY_VM_BIN/machines.test" -test.v -test.timeout 30m -test.run "${RUN:-.}" || result=$?
step "done"
exit "$result"
