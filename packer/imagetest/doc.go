// Package imagetest builds images with packer/scripts, of Debian in the place of Ubuntu, boots them under
// qemu, and looks at what came of it: `make test-images`. Without the build tag image there is next to
// nothing here.
//
//	trees.sh     what images are made of, made once: a distribution's own image, and what base.sh makes of it
//	in-root.sh   runs a command in a tree as if that were a machine's root
//	inputs.env   what these images are built from
//
// What a machine is when it runs, and who is at the other end of its cable, is agent/vmtest's.
package imagetest
