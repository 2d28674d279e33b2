package door

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sshPort is where sshd listens, if people may log in.
const sshPort = 22

// clients are the ports from which a machine asks for its addresses: DHCP's, for IPv4 and IPv6.
// Whoever asks waits for the answer there, and serves nobody.
var clients = []uint16{68, 546}

// Listeners sees that nothing but loopback listens, and sshd if it may: the job and what it starts
// are the only programs here that the network can have anything to do with. The error names every
// listener, and whose it is.
//
// Of TCP a listener is a socket that listens. UDP knows no such thing, so it is a socket that is
// connected to nobody and bound to a port that is not handed out to clients, DHCP's aside: a service
// has a port of its own, and a resolver or a clock that waits for an answer has one of the others.
func Listeners(ssh bool) error { return listeners("/proc", ssh) }

func listeners(proc string, ssh bool) error {
	firstFree, err := firstClientPort(proc)
	if err != nil {
		return err
	}
	var found []error
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		sockets, err := readSockets(proc, protocol)
		if err != nil {
			return err
		}
		for _, s := range sockets {
			if s.listens(firstFree) && !s.allowed(ssh) {
				found = append(found, fmt.Errorf("%s %s is open to the network, by %s: stop its unit, or take it out of the image", protocol, s.address, ownerOf(proc, s.inode)))
			}
		}
	}
	return errors.Join(found...)
}

// listens says whether a socket waits for strangers.
func (s socket) listens(firstFree uint16) bool {
	port := s.address.Port()
	if s.tcp {
		return s.state == stateListen
	}
	return s.state == stateUnconnected && port < firstFree && !slices.Contains(clients, port)
}

// allowed says whether it may.
func (s socket) allowed(ssh bool) bool {
	return s.address.Addr().IsLoopback() || ssh && s.tcp && s.address.Port() == sshPort
}

// firstClientPort is the first port that the kernel hands out to clients.
func firstClientPort(proc string) (uint16, error) {
	const file = "sys/net/ipv4/ip_local_port_range"
	text, err := os.ReadFile(filepath.Join(proc, file))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\t")
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%s is %q, want two ports", file, text)
	}
	return uint16(port), nil
}

// ownerOf is the process that has a socket open, as far as that can be seen.
func ownerOf(proc, inode string) string {
	open, _ := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*")) // the pattern is a right one
	for _, path := range open {
		if target, _ := os.Readlink(path); target == "socket:["+inode+"]" {
			process := filepath.Dir(filepath.Dir(path))
			name, _ := os.ReadFile(filepath.Join(process, "comm"))
			return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), filepath.Base(process))
		}
	}
	return "a process that cannot be seen"
}
