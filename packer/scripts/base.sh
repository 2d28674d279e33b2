#!/usr/bin/env bash
# The slow part of an image, which is rarely built: packages, what the kernel and the network are told, and the
# units that no machine for one job needs. What is made here can still be logged in to, for the image is made of it.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=packer/scripts/inputs.sh
. ./inputs.sh
# shellcheck source=packer/scripts/os.sh
. ./os.sh
# shellcheck source=packer/scripts/lay.sh
. ./lay.sh

machine_inputs
all_right
this_machine
packages=$(job_packages && agent_packages)
if [ "$MAYFLY_GPU" = true ]; then packages+=$'\n'$(gpu_packages) || wrong=1; fi
all_right

step() { echo "== base: $*"; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt() { apt-get -qq --yes -o DPkg::Lock::Timeout=120 -o DPkg::Options::=--force-confold "$@" >&2; }

step "files"
lay files/all

step "packages"
apt update
apt upgrade
# shellcheck disable=SC2086 # they are many
apt install --no-install-recommends $packages

# GitHub's own scripts have chosen what a full image has.
if [ "$MAYFLY_KIND" = minimal ]; then
	step "what a machine for one job has no use for"
	present=$(comm -12 <(unwanted_packages | sort) <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort))
	# shellcheck disable=SC2086 # they are many
	if [ -n "$present" ]; then apt purge $present; fi
	apt autoremove --purge
	find /usr/share/doc -type f ! -name copyright -delete
	rm -f /usr/lib/binfmt.d/python*.conf # nobody runs a .pyc file, and without it there is nothing to set up
	rm -rf /usr/share/man/* /usr/share/info/* /usr/share/locale/*/LC_MESSAGES
fi
apt clean
rm -rf /var/lib/apt/lists/*

step "units"
install -d /etc/systemd/system-generators
awk '!/^#/ && NF { print $1 }' units.txt | while read -r unit; do
	case $unit in
	*.*) ln -sfn /dev/null "/etc/systemd/system/$unit" ;;
	*) ln -sfn /dev/null "/etc/systemd/system-generators/$unit" ;;
	esac
done
# The agent need not wait for names: it asks again until there are any.
sed -E '/^Before=/s/(sysinit|network)\.target *//g' /usr/lib/systemd/system/systemd-resolved.service >/etc/systemd/system/systemd-resolved.service
# The first who speaks to Docker starts it: that is a job, or nobody.
systemctl --quiet disable docker.service containerd.service
systemctl --quiet enable docker.socket chrony.service systemd-networkd.service systemd-resolved.service apparmor.service mayfly-prefetch.service
if [ "$MAYFLY_GPU" = true ]; then modules_of_gpu >/etc/modules-load.d/mayfly-gpu.conf; fi
if command -v update-grub >/dev/null; then update-grub >&2; fi

# Where the agent mounts the encrypted volume, on a root that cannot be written.
install -d -m 0700 /mnt/mayfly
install -d -m 0710 /var/lib/docker
install -d -m 0711 /var/lib/containerd
step "done"
