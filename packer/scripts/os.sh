# shellcheck shell=bash
# All that differs between the distributions that images are made of. Debian 12 stands for Ubuntu in tests.

# job_packages are what every job assumes to be there: what steps and actions call, and what builds native code.
job_packages() {
	printf '%s\n' build-essential ca-certificates curl file git git-lfs gnupg jq lsb-release openssh-client pkg-config python3 \
		python3-venv rsync sudo tar tzdata unzip wget xz-utils zip zstd
	case $MAYFLY_OS in
	debian12) printf '%s\n' docker.io iptables ;;
	*) printf '%s\n' docker.io docker-buildx docker-compose-v2 iptables ;;
	esac
}

# agent_packages are what the agent calls, and what the machine has beside a job.
agent_packages() {
	printf '%s\n' apparmor chrony cloud-guest-utils cryptsetup-bin e2fsprogs iproute2 nftables openssh-server procps util-linux
}

# gpu_packages are NVIDIA's driver as the distribution builds and signs it.
gpu_packages() {
	case $MAYFLY_OS in
	ubuntu22 | ubuntu24) printf '%s\n' linux-modules-nvidia-570-server-aws nvidia-headless-570-server nvidia-utils-570-server ;;
	ubuntu26) printf '%s\n' linux-modules-nvidia-580-server-aws nvidia-headless-580-server nvidia-utils-580-server ;;
	*)
		refuse "MAYFLY_GPU is \"true\", and $MAYFLY_OS has no driver from NVIDIA that its own archive signs: set MAYFLY_GPU=false"
		return 1
		;;
	esac
}

# unwanted_packages are what the distribution's image has and a machine that lives for one job has no use for.
# Those that are not there are passed over.
unwanted_packages() {
	case $MAYFLY_OS in
	debian12) printf '%s\n' unattended-upgrades man-db ;;
	*) printf '%s\n' snapd lxd-agent-loader unattended-upgrades man-db ubuntu-release-upgrader-core motd-news-config landscape-common popularity-contest ;;
	esac
}

# modules_of_gpu are loaded before no more may be.
modules_of_gpu() { printf '%s\n' nvidia nvidia_modeset nvidia_uvm; }
