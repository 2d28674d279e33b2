// Package vmtest boots the agent on a real machine: Debian under qemu, with systemd, the agent's own
// units and nobody's help. `make test-vm` runs it, and `make test-images` boots what packer/scripts make of
// a machine with the same [Site]; without the build tag vm or image there is nothing here.
//
//	vm.sh      says what is missing, makes what is tested, enters namespaces, runs the tests
//	debian.sh  Debian and its cloud kernel
//	image.sh   trees of it, made once: one as our images are, one with cloud-init
//	guest/     what the tests add to the machine: a network, a runner, and root's eyes on the job
//
// The machine is as near to EC2's as it gets without EC2: root on NVMe, no initial RAM disk, metadata
// at 169.254.169.254 and fd00:ec2::254. What differs: it has fixed addresses where EC2 has DHCP, the
// processor is emulated, which takes a boot some ten times longer, and S3 and GitHub are in this
// process, on the other end of the machine's one cable.
package vmtest
