package shutdown

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Now is [Force] by the kernel: no process is asked, and nothing is written to a disk that is about to be
// deleted. It needs CAP_SYS_BOOT. Source: man 2 reboot.
func Now() error {
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		return fmt.Errorf("reboot(LINUX_REBOOT_CMD_POWER_OFF): %w", err)
	}
	return nil
}
