//go:build vm

package vmtest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"

	"github.com/mayfly-ci/mayfly/agent/vmtest"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// trace is what a job leaves where it works: 2 MiB of a line that nothing but its running could have made.
const trace = `line=$(printf %s mayfly | sha256sum | cut -d ' ' -f 1)
yes "$line" | head -c 2M > trace
sync trace
echo "the volume is $(findmnt -n -o SOURCE /mnt/mayfly)"
echo "I work with $(findmnt -n -o OPTIONS -T .)"
echo "swap is $(tail -n +2 /proc/swaps)"`

// line is the trace's.
func line() string {
	sum := sha256.Sum256([]byte("mayfly"))
	return hex.EncodeToString(sum[:])
}

// The kernel has dm-crypt here, which those that containers run on most often have not.
func TestAHardenedMachineLeavesNothingThatCanBeRead(t *testing.T) {
	s := vmtest.NewSite(t, vmtest.UserData(t, assignment.Hardened))
	s.Work = filepath.Join(t.TempDir(), "work.img")
	vmtest.Run(t, "truncate", "-s", "2G", s.Work)
	b := s.Live(image{Tree: "agent"}, localhub.Job{Steps: []localhub.Step{{Name: "trace", Run: trace}}})
	if b.Job.Conclusion != localhub.Success {
		t.Fatalf("the job: got %+v, want success; the reports: %+v; the console:\n%s", b.Job, b.Reports, vmtest.End(b.Console))
	}
	vmtest.Has(t, "the job's log", b.Job.Log, "the volume is /dev/mapper/mayfly-work\nI work with rw,nosuid,nodev,")
	vmtest.Has(t, "the job's log", b.Job.Log, "swap is /mnt/mayfly/swap")
	for name, disk := range map[string]string{"the root's": b.Disk, "the work volume's": s.Work} {
		if vmtest.Holds(t, disk, line()) {
			t.Errorf("%s disk can be read: got what the job wrote, want nothing of it", name)
		}
	}
	written := 0
	vmtest.Search(t, s.Work, func(part []byte) {
		for at := 0; at+512 <= len(part); at += 512 {
			if part[at] != 0 || part[at+511] != 0 {
				written += 512
			}
		}
	})
	if written < 2<<20 {
		t.Errorf("the work volume: got %d bytes that are written, want at least the job's 2 MiB", written)
	}
}
