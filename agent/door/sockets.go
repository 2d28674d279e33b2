package door

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The states that matter, as the kernel writes them. Source: include/net/tcp_states.h.
const (
	stateListen      = "0A"
	stateUnconnected = "07" // of UDP: bound, to nobody in particular
)

// socket is one line of the kernel's tables of sockets.
type socket struct {
	tcp     bool
	address netip.AddrPort // its own
	state   string
	inode   string
}

// readSockets reads a table: tcp, tcp6, udp or udp6. A kernel without IPv6 has two of them only.
func readSockets(proc, protocol string) ([]socket, error) {
	text, err := os.ReadFile(filepath.Join(proc, "thread-self", "net", protocol))
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(protocol, "6") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []socket
	_, lines, _ := strings.Cut(string(text), "\n") // the first is the heading
	for line := range strings.Lines(lines) {
		s, err := parseSocket(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", protocol, strings.TrimSpace(line), err)
		}
		s.tcp = strings.HasPrefix(protocol, "tcp")
		all = append(all, s)
	}
	return all, nil
}

// parseSocket reads a line. Source: the kernel's Documentation/networking/proc_net_tcp.rst.
func parseSocket(line string) (socket, error) {
	fields := strings.Fields(line)
	if len(fields) < 10 {
		return socket{}, errors.New("it has fewer than 10 fields")
	}
	address, port, _ := strings.Cut(fields[1], ":")
	local, err := parseAddress(address)
	if err != nil {
		return socket{}, err
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return socket{}, fmt.Errorf("its port is no hexadecimal number: %w", err)
	}
	return socket{address: netip.AddrPortFrom(local, uint16(number)), state: fields[3], inode: fields[9]}, nil
}

// parseAddress reads an address, written as numbers of 32 bits in the machine's order of bytes.
func parseAddress(text string) (netip.Addr, error) {
	data, err := hex.DecodeString(text)
	if err != nil || (len(data) != 4 && len(data) != 16) {
		return netip.Addr{}, errors.New("its address is not 8 or 32 hexadecimal digits")
	}
	for i := 0; i < len(data); i += 4 {
		binary.NativeEndian.PutUint32(data[i:], binary.BigEndian.Uint32(data[i:]))
	}
	address, _ := netip.AddrFromSlice(data) // of 4 or 16 bytes it is one
	return address.Unmap(), nil
}
