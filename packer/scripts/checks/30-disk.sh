# shellcheck shell=bash
# Where a job writes. Sourced by verify.sh.

# mounted PATH: what is mounted there, on top of all else: type, device and options.
mounted() {
	awk -v path="$1" '$5 == path { for (i = 7; $i != "-"; i++); top = $(i + 1) " " $(i + 2) " " $6 "," $(i + 3) } END { print top }' /proc/self/mountinfo
}

swaps() {
	local name
	while read -r name _; do
		case $name in
		Filename | /dev/zram*) ;;
		/mnt/mayfly/swap) hardened || echo "$name is on a volume that only hardened encrypts" ;;
		*) echo "$name is swap, and nobody has encrypted it with a key of this boot's" ;;
		esac
	done </proc/swaps
}
# encrypted sees that the work volume is, by the kernel's own word.
encrypted() {
	local device uuid
	read -r _ device _ < <(mounted /mnt/mayfly)
	if [ -z "$device" ]; then echo "/mnt/mayfly is not mounted" && return; fi
	uuid=$(cat "/sys/class/block/$(basename "$(readlink -f "$device")")/dm/uuid" 2>/dev/null)
	case $uuid in CRYPT-*) ;; *) echo "/mnt/mayfly is on $device, which is not encrypted" ;; esac
}
check "swap" "take it out of /etc/fstab: the agent makes it on the work volume" swaps

if hardened; then
	check "work volume is encrypted" "launch with a second volume: see docs/machine.md" encrypted

	work_is_roots() {
		local mode
		mode=$(stat -c '%a %U' /mnt/mayfly)
		[ "$mode" = "700 root" ] || echo "its mode and owner are $mode, want 700 root"
	}
	check "work volume is root's" "chmod 0700 /mnt/mayfly" work_is_roots

	# place PATH: what is written there is on the work volume, and is no program that makes anybody root.
	place() {
		local type source options
		read -r type source options < <(mounted "$1")
		case $type:$options in
		overlay:*upperdir=/mnt/mayfly/*) ;;
		ext4:*) [ "$source" = /dev/mapper/mayfly-work ] || echo "it is on $source" ;;
		*) echo "it is on ${source:-the root}" ;;
		esac
		case ,$options, in *,nosuid,*) ;; *) echo "it is not nosuid" ;; esac
		case ,$options, in *,nodev,*) ;; *) echo "it is not nodev" ;; esac
	}
	for path in /home/runner /tmp /var/tmp /var/lib/docker /var/lib/containerd /opt/actions-runner /opt/actions-runner/_work; do
		check "writes to $path" "the agent puts it on the work volume: see its log" place "$path"
	done

	read_only() {
		local options
		read -r _ _ options < <(mounted /)
		case ,$options, in *,ro,*) ;; *) echo "/ is mounted $options" ;; esac
	}
	check "root cannot be written" "runner.sh puts ro into /etc/fstab" read_only

	# in_memory PATH: what the system itself writes there is gone with the machine.
	in_memory() {
		case $(mounted "$1") in
		*upperdir=/run/mayfly-over/*) ;;
		*) echo "what is written there is not in memory" ;;
		esac
	}
	for path in /var /etc/ssh /etc/docker; do
		check "$path is written to memory" "runner.sh enables its mount" in_memory "$path"
	done
fi
