package door

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newProc is a /proc with these sockets: protocol, address, state and inode of each.
func newProc(t *testing.T, sockets ...[4]string) string {
	t.Helper()
	proc := t.TempDir()
	tables := map[string]string{"tcp": "heading\n", "tcp6": "heading\n", "udp": "heading\n", "udp6": "heading\n"}
	for _, s := range sockets {
		tables[s[0]] += fmt.Sprintf("   0: %s 00000000:0000 %s 00000000:00000000 00:00000000 00000000     0        0 %s 1 0 100\n", s[1], s[2], s[3])
	}
	write := func(path, text string) {
		path = filepath.Join(proc, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for protocol, text := range tables {
		write("thread-self/net/"+protocol, text)
	}
	write("sys/net/ipv4/ip_local_port_range", "32768\t60999\n")
	write("412/comm", "rpcbind\n")
	write("412/fd/0", "")
	if err := os.Symlink("socket:[77]", filepath.Join(proc, "412", "fd", "4")); err != nil {
		t.Fatal(err)
	}
	return proc
}

func TestNothingButLoopbackListens(t *testing.T) {
	const any6, loop6, mapped6 = "00000000000000000000000000000000", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"
	for name, test := range map[string]struct {
		socket [4]string
		ssh    bool
		err    string
	}{
		"all addresses":            {[4]string{"tcp", "00000000:006F", "0A", "77"}, false, "tcp 0.0.0.0:111 is open to the network, by rpcbind (pid 412): "},
		"one address":              {[4]string{"tcp", "0500000A:1F90", "0A", "5"}, false, "tcp 10.0.0.5:8080 is open to the network, by a process that cannot be seen: "},
		"loopback":                 {[4]string{"tcp", "0100007F:0035", "0A", "5"}, false, ""},
		"another loopback":         {[4]string{"tcp", "3500007F:0035", "0A", "5"}, false, ""},
		"a connection":             {[4]string{"tcp", "0500000A:9C40", "01", "5"}, false, ""},
		"IPv6":                     {[4]string{"tcp6", any6 + ":1F90", "0A", "5"}, false, "tcp6 [::]:8080 is open"},
		"IPv6's loopback":          {[4]string{"tcp6", loop6 + ":1F90", "0A", "5"}, false, ""},
		"loopback as IPv6 has it":  {[4]string{"tcp6", mapped6 + ":1F90", "0A", "5"}, false, ""},
		"ssh, not allowed":         {[4]string{"tcp", "00000000:0016", "0A", "5"}, false, "0.0.0.0:22 is open"},
		"ssh, allowed":             {[4]string{"tcp6", any6 + ":0016", "0A", "5"}, true, ""},
		"another, with ssh":        {[4]string{"tcp", "00000000:0017", "0A", "5"}, true, "0.0.0.0:23 is open"},
		"ssh's port of UDP":        {[4]string{"udp", "00000000:0016", "07", "5"}, true, "udp 0.0.0.0:22 is open"},
		"a service of UDP":         {[4]string{"udp", "00000000:14E9", "07", "5"}, false, "udp 0.0.0.0:5353 is open"},
		"UDP on loopback":          {[4]string{"udp", "3500007F:0035", "07", "5"}, false, ""},
		"a UDP client":             {[4]string{"udp", "00000000:8001", "07", "5"}, false, ""},
		"a connected UDP client":   {[4]string{"udp", "0500000A:0200", "01", "5"}, false, ""},
		"DHCP's client":            {[4]string{"udp", "0500000A:0044", "07", "5"}, false, ""},
		"DHCP's client for IPv6":   {[4]string{"udp6", any6 + ":0222", "07", "5"}, false, ""},
		"DHCP's server":            {[4]string{"udp", "00000000:0043", "07", "5"}, false, "udp 0.0.0.0:67 is open"},
		"an address of no length":  {[4]string{"tcp", "0500:0016", "0A", "5"}, false, "not 8 or 32 hexadecimal digits"},
		"a port that is no number": {[4]string{"tcp", "0500000A:zz", "0A", "5"}, false, "port is no hexadecimal number"},
	} {
		t.Run(name, func(t *testing.T) {
			err := listeners(newProc(t, test.socket), test.ssh)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestEveryListenerIsNamed(t *testing.T) {
	err := listeners(newProc(t, [4]string{"tcp", "00000000:006F", "0A", "77"}, [4]string{"udp", "00000000:006F", "07", "77"}), false)
	if err == nil || strings.Count(err.Error(), "rpcbind (pid 412)") != 2 {
		t.Errorf("got %v, want both", err)
	}
}

func TestAKernelWithoutIPv6(t *testing.T) {
	proc := newProc(t)
	for _, protocol := range []string{"tcp6", "udp6"} {
		if err := os.Remove(filepath.Join(proc, "thread-self", "net", protocol)); err != nil {
			t.Fatal(err)
		}
	}
	if err := listeners(proc, false); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(proc, "thread-self", "net", "tcp")); err != nil {
		t.Fatal(err)
	}
	if err := listeners(proc, false); err == nil {
		t.Error("without a table of TCP's sockets: got no error")
	}
}

func TestASocketOfThisProcessIsFound(t *testing.T) {
	if _, err := os.Stat("/proc/thread-self/net/tcp"); err != nil {
		t.Skip("only Linux has /proc")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sockets, err := readSockets("/proc", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sockets {
		if s.address.String() == l.Addr().String() {
			if got, want := ownerOf("/proc", s.inode), fmt.Sprintf("(pid %d)", os.Getpid()); !strings.HasSuffix(got, want) {
				t.Errorf("owner: got %s, want this test, %s", got, want)
			}
			return
		}
	}
	t.Errorf("sockets: got %v, want %s among them", sockets, l.Addr())
}
