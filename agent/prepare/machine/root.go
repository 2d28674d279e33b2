package machine

import (
	"fmt"
	"time"
)

const (
	// worthGrowing is the room behind the root's partition from which on it is made larger.
	worthGrowing = 64 * mebibyte
	growTime     = 2 * time.Minute // a file system that becomes hundreds of times as large
)

// rootStep makes the root as large as its disk: an image's volume is as small as can be, and a
// label may ask for a larger one.
func rootStep(f Facts) Step {
	step := Step{Name: "root volume"}
	root := f.Root
	switch {
	case root.Disk == "":
		step.Skip = "it is on no partition"
	case root.FileSystem != "ext4":
		step.Skip = fmt.Sprintf("it is %s, and only ext4 can be made larger here", root.FileSystem)
	case root.ReadOnly:
		step.Skip = "it is mounted read-only"
	case !root.Last:
		step.Skip = "there is another partition behind it"
	case root.Free < worthGrowing:
		step.Skip = "it is as large as its disk"
	default:
		step.Skip = f.lacks("growpart")
		if step.Skip == "" {
			step.Skip = f.lacks("resize2fs")
		}
	}
	step.Acts = []Act{
		Command{Args: []string{"growpart", "/dev/" + root.Disk, root.Partition}},
		Command{Args: []string{"resize2fs", "/dev/" + root.Device}, Within: growTime},
	}
	return step.whole()
}
