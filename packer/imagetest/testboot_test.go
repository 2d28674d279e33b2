//go:build image

package imagetest

import (
	"strings"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// What `mayfly image build` waits for: with no runner and no bucket, a verdict on the console.
func TestAnImagePassesItsTestBoot(t *testing.T) {
	for _, profile := range []assignment.Profile{assignment.Compat, assignment.Hardened} {
		t.Run(string(profile), func(t *testing.T) {
			orders, err := assignment.EncodeUserData(assignment.UserData{
				TestBoot: true, Profile: profile, RunnerCommand: []string{"/opt/actions-runner/run.sh"}, PowerOff: []string{"systemctl", "poweroff"},
			})
			vmtest.Must(t, err)
			of := machine{written: build(t, profile, plant(t)).written, files: map[string]string{
				"etc/systemd/system/mayfly-agent.service.d/slow.conf": "[Service]\nEnvironment=MAYFLY_BOOT_BUDGET=300\n", // the processor is emulated
			}}
			b := siteOf(t, profile, orders).Live(of, localhub.Job{})
			var said []string
			for line := range strings.Lines(b.Console) {
				if text, is := strings.CutPrefix(line, assignment.TestBootMark); is && !strings.HasPrefix(text, "ok ") {
					said = append(said, strings.TrimSpace(text))
				}
			}
			t.Log(said)
			if len(said) == 0 || said[len(said)-1] != assignment.TestBootPassed {
				t.Errorf("got %q on the console, want that it passed:\n%s", said, vmtest.End(b.Console))
			}
		})
	}
}
