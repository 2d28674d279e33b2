//go:build net

package door

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if visit := os.Getenv(visitVariable); visit != "" {
		beVisitor(visit)
	}
	missing := false
	for _, need := range [][2]string{{"ip", "iproute2"}, {"nft", "nftables"}} {
		if _, err := exec.LookPath(need[0]); err != nil {
			fmt.Fprintf(os.Stderr, "test-net: %s is missing: apt-get install %s\n", need[0], need[1])
			missing = true
		}
	}
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "test-net: only root may make network namespaces: sudo make test-net")
		missing = true
	}
	if missing {
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// instance is an EC2 instance of network namespaces: the machine, the metadata at the other end of
// its wire, and a container behind a bridge with NAT as Docker makes it.
type instance struct{ machine, metadata, container string }

func newInstance(t testing.TB) *instance {
	t.Helper()
	prefix := fmt.Sprintf("mayfly%d", os.Getpid())
	i := &instance{machine: prefix + "m", metadata: prefix + "s", container: prefix + "c"}
	for _, space := range []string{i.machine, i.metadata, i.container} {
		i.run(t, "", "ip netns add "+space)
		t.Cleanup(func() { i.run(t, "", "ip netns del "+space) })
	}
	i.run(t, "", fmt.Sprintf("ip link add wire netns %s type veth peer name wire netns %s", i.machine, i.metadata))
	i.run(t, "", fmt.Sprintf("ip link add port netns %s type veth peer name eth0 netns %s", i.machine, i.container))
	i.run(t, i.metadata, "ip link set lo up", "ip link set wire up",
		"ip addr add 10.0.0.1/24 dev wire", "ip addr add 169.254.169.254/32 dev wire",
		"ip addr add fd00:1::1/64 dev wire nodad", "ip addr add fd00:ec2::254/128 dev wire nodad")
	i.run(t, i.machine, "ip link set lo up", "ip link set wire up",
		"ip addr add 10.0.0.2/24 dev wire", "ip addr add fd00:1::2/64 dev wire nodad",
		"ip route add 169.254.169.254 dev wire", "ip route add fd00:ec2::254 dev wire",
		"ip link add docker0 type bridge", "ip link set port master docker0 up", "ip link set docker0 up",
		"ip addr add 172.17.0.1/16 dev docker0", "ip addr add fd00:17::1/64 dev docker0 nodad",
		"sysctl -q net.ipv4.ip_forward=1", "sysctl -q net.ipv6.conf.all.forwarding=1")
	i.run(t, i.container, "ip link set lo up", "ip link set eth0 up",
		"ip addr add 172.17.0.2/16 dev eth0", "ip addr add fd00:17::2/64 dev eth0 nodad",
		"ip route add default via 172.17.0.1", "ip -6 route add default via fd00:17::1")
	i.nat(t)
	i.serve(t)
	return i
}

// nat is what Docker does for its bridge.
func (i *instance) nat(t testing.TB) {
	t.Helper()
	for _, family := range []string{"ip", "ip6"} {
		i.run(t, i.machine, "nft add table "+family+" nat",
			"nft add chain "+family+" nat POSTROUTING { type nat hook postrouting priority 100 ; }",
			"nft add rule "+family+" nat POSTROUTING oifname wire masquerade")
	}
}

func (i *instance) serve(t testing.TB) {
	t.Helper()
	i.in(t, i.metadata, func() {
		for _, address := range addresses {
			listener, err := net.Listen("tcp", net.JoinHostPort(address.String(), "80"))
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })}
			go func() { _ = server.Serve(listener) }()
			t.Cleanup(func() { _ = server.Close() })
		}
	})
}

// in does something in a namespace, on this goroutine's thread.
func (i *instance) in(t testing.TB, space string, do func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	there, err := os.Open("/run/netns/" + space)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // or the next test would go on in the wrong place
		}
	}()
	do()
}

// run runs commands in a namespace; in no namespace, if that is empty.
func (i *instance) run(t testing.TB, space string, lines ...string) string {
	t.Helper()
	var output strings.Builder
	for _, line := range lines {
		if space != "" {
			line = "ip netns exec " + space + " " + line
		}
		words := strings.Fields(line)
		said, err := exec.Command(words[0], words[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", line, err, said)
		}
		output.Write(said)
	}
	return output.String()
}
