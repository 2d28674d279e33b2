#!/bin/bash
# What root sees of the machine while the job runs, told to the tests over the cable.
set -u
tests=http://10.0.2.1:8081

tell() { curl -sS -m 60 --data-binary @- "$tests/$1"; }

# ask asks the metadata for a token, at both addresses, by this command: nothing, or ip netns exec.
ask() {
	local at
	for at in 169.254.169.254 '[fd00:ec2::254]'; do
		"$@" curl -g -sS -o /dev/null -w "$at %{http_code}\n" -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
			"http://$at/latest/api/token" 2>/dev/null
	done
}

# processes is a line for each: pid, uid, arguments and environment, with tabs between, and ^A for NUL.
processes() {
	perl -e 'for my $process (glob "/proc/[0-9]*") {
		my ($pid, $uid) = ($process =~ s{/proc/}{}r, (stat $process)[4]);
		next unless defined $uid;
		print "$pid\t$uid";
		for my $file ("cmdline", "environ") {
			my $text = "";
			if (open my $handle, "<", "$process/$file") { local $/; $text = <$handle> // ""; }
			print "\t", $text =~ tr/\0\n\t/\1\2\3/r;
		}
		print "\n";
	}'
}

# box is a container's network, as Docker makes it: a bridge, a veth, forwarding, masquerading.
box() {
	sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip link add box0 type bridge && ip addr add 172.17.0.1/16 dev box0 && ip addr add fd17::1/64 nodad dev box0 && ip link set box0 up
	ip netns add box && ip link add out type veth peer name in netns box && ip link set out master box0 up
	ip -n box link set lo up && ip -n box addr add 172.17.0.2/16 dev in && ip -n box addr add fd17::2/64 nodad dev in
	ip -n box link set in up && ip -n box route add default via 172.17.0.1 && ip -n box route add default via fd17::1
	nft -f - <<-'RULES'
		table inet box {
			chain out { type nat hook postrouting priority 100; oifname != "box0" ip saddr 172.17.0.0/16 masquerade; oifname != "box0" ip6 saddr fd17::/64 masquerade; }
		}
	RULES
}

{ ask; } | tell root-asks
box >/run/vmtest/box.log 2>&1 || tell box-failed </run/vmtest/box.log
ip netns exec box curl -sS -m 5 http://10.0.2.1:8081/hello -d 'from the box' || echo 'no way out of the box' | tell box-failed
{ ask ip netns exec box; } | tell box-asks
ss -Hlnptu | tell listeners
processes | tell processes
# All that is in memory and looks like a file; the disk is looked at when the machine is off.
tar -c -C / --exclude=run/udev run dev/shm "$(findmnt -n -o TARGET -t tmpfs /tmp >/dev/null && echo tmp || echo run/vmtest)" 2>/dev/null | tell memory-files
nft list ruleset | tell rules
touch /run/vmtest/seen
if [ -x /opt/vmtest/deed.sh ]; then /opt/vmtest/deed.sh; fi
rm -f /run/vmtest/ask
