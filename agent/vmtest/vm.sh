#!/usr/bin/env bash
# make test-vm: says what is missing, makes what is tested, and runs the tests in namespaces of their own, so
# that whatever happens nothing is left of their machines, mounts and network. RUN=pattern runs some of them.
set -euo pipefail
cd "$(dirname "$0")"
start=$SECONDS

missing=()
for need in qemu-system-x86_64:qemu-system-x86 debootstrap:debootstrap ip:iproute2 nft:nftables mkfs.ext4:e2fsprogs unshare:util-linux; do
	command -v "${need%%:*}" >/dev/null || missing+=("$need")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "test-vm: missing: ${missing[*]%%:*}. Get it with: apt-get install ${missing[*]##*:}" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "test-vm: it needs root, for a network device and for mounts: sudo make test-vm" >&2
	exit 1
fi
if [ "$(uname -m)" != x86_64 ]; then
	echo "test-vm: it emulates an x86-64 machine with Debian's amd64 packages, and this is $(uname -m): run it on x86-64" >&2
	exit 1
fi
if [ ! -c /dev/net/tun ]; then
	echo "test-vm: /dev/net/tun is missing, and with it the machine's network: modprobe tun" >&2
	exit 1
fi

step() { printf 'test-vm: %4d s  %s\n' $((SECONDS - start)) "$*"; }

step "what the machines are made of"
MAYFLY_VM_TREES=$(./image.sh "${XDG_CACHE_HOME:-$HOME/.cache}/mayfly/vm")
MAYFLY_VM_BIN=$(mktemp -d)
trap 'rm -rf "$MAYFLY_VM_BIN"' EXIT
MAYFLY_VM_KEEP=$PWD/../../bin/vm
rm -rf "$MAYFLY_VM_KEEP"
mkdir -p "$MAYFLY_VM_KEEP"
export MAYFLY_VM_TREES MAYFLY_VM_BIN MAYFLY_VM_KEEP

step "the agent, the runner that stands in for GitHub's, and the tests"
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$MAYFLY_VM_BIN" ../../cmd/agent ../../cmd/mayfly
CGO_ENABLED=0 go test -c -tags vm -o "$MAYFLY_VM_BIN/vm.test" .

step "the tests; the consoles of their machines are kept in bin/vm"
result=0
unshare --net --mount --pid --fork --kill-child --mount-proc \
	"$MAYFLY_VM_BIN/vm.test" -test.v -test.timeout 30m -test.run "${RUN:-.}" || result=$?
step "done"
exit "$result"
