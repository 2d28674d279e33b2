//go:build net

package door

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// visitVariable makes the test's binary a visitor of the metadata: "uid kind address".
const visitVariable = "MAYFLY_TEST_VISIT"

// beVisitor is a process of that user, all of it: it prints what the metadata answers, if it does.
func beVisitor(visit string) {
	var uid int
	var kind, address string
	if _, err := fmt.Sscan(visit, &uid, &kind, &address); err != nil {
		panic(err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		panic(err)
	}
	// Longer than the second after which an unanswered packet is sent again: the machine may be busy.
	const patience = 2500 * time.Millisecond
	dialer := net.Dialer{Timeout: patience}
	dialer.SetMultipathTCP(kind == "mptcp")
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dialer.DialContext}}
	response, err := client.Get("http://" + net.JoinHostPort(address, "80"))
	if err != nil {
		fmt.Println("closed:", err)
		os.Exit(0)
	}
	fmt.Println("open:", response.Status)
	os.Exit(0)
}

// visit says whether a process of that user, in that namespace, is answered by the metadata.
func (i *instance) visit(t testing.TB, space string, uid int, kind, address string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "/proc/self/exe")
	command.Env = []string{visitVariable + "=" + strconv.Itoa(uid) + " " + kind + " " + address}
	var output []byte
	var err error
	i.in(t, space, func() { output, err = command.CombinedOutput() })
	said := string(output)
	if err != nil || !strings.HasPrefix(said, "open: ") && !strings.HasPrefix(said, "closed: ") {
		t.Errorf("visit by %d: %v: %s", uid, err, said)
	}
	return strings.HasPrefix(said, "open: ")
}

// visitors are all who are answered, of those who try, all at the same time.
func (i *instance) visitors(t testing.TB) string {
	t.Helper()
	i.run(t, i.metadata, "ip -6 neigh flush dev wire") // so that the metadata has to ask for its neighbours
	tries := []struct {
		name, space string
		uid         int
		kind        string
	}{
		{"root", i.machine, 0, "tcp"},
		{"runner", i.machine, 1001, "tcp"},
		{"runner by MPTCP", i.machine, 1001, "mptcp"},
		{"container", i.container, 1001, "tcp"},
		{"container's root", i.container, 0, "tcp"},
	}
	answered := make([]string, 0, len(addresses)*len(tries))
	var all sync.WaitGroup
	for _, address := range addresses {
		for _, try := range tries {
			n := len(answered)
			answered = append(answered, "")
			all.Go(func() {
				if i.visit(t, try.space, try.uid, try.kind, address.String()) {
					answered[n] = try.name + " at " + address.String()
				}
			})
		}
	}
	all.Wait()
	return strings.Join(slices.DeleteFunc(answered, func(s string) bool { return s == "" }), "\n")
}
