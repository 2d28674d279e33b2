//go:build disk

package machine

import (
	"context"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSSHDTakesTheRunnerAlone(t *testing.T) {
	if err := unix.Mount("tmpfs", "/etc/ssh", "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount("/etc/ssh", unix.MNT_DETACH) })
	if err := os.Mkdir("/etc/ssh/sshd_config.d", 0o755); err != nil {
		t.Fatal(err)
	}
	image := "Include /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication yes\nPermitRootLogin yes\nAuthorizedKeysFile .ssh/authorized_keys\n"
	if err := os.WriteFile("/etc/ssh/sshd_config", []byte(image), 0o600); err != nil {
		t.Fatal(err)
	}
	step, err := Login("runner", Access{Allowed: true, By: "the test", Keys: []string{ed25519Key(t)}})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	run := func(ctx context.Context, args []string, stdin []byte) (int, string, error) {
		if args[0] == "systemctl" { // there is no systemd in a test
			asked = append(asked, strings.Join(args, " "))
			return 0, "", nil
		}
		return Exec(ctx, args, stdin)
	}
	if _, err := Run(t.Context(), []Step{step}, run); err != nil {
		t.Fatal(err)
	}
	if got, want := asked[len(asked)-1], "systemctl start ssh.service"; got != want {
		t.Errorf("at last: got %s, want %s", got, want)
	}
	// What sshd goes by, as it says itself.
	config := strings.ToLower(command(t, "/usr/sbin/sshd", "-T"))
	for _, want := range []string{
		"allowusers runner", "authenticationmethods publickey", "authorizedkeysfile /etc/ssh/mayfly_keys", "banner /etc/ssh/mayfly_banner",
		"passwordauthentication no", "permitrootlogin no", "permituserrc no",
	} {
		if !strings.Contains("\n"+config+"\n", "\n"+want+"\n") {
			t.Errorf("sshd's configuration: want %q, got\n%s", want, config)
		}
	}
}
