package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// ofRunner are what the runner's stage has to itself among the scripts. Whatever else is there may have a part in the base.
var ofRunner = regexp.MustCompile(`^scripts/((runner|install-agent|prefetch|clean|manifest|verify)\.sh|(checks|files/(clean|compat|hardened))/.*)$`)

// baseDigest is that of all that a base is made from: what is asked for, the source, the template and the scripts. It
// is the base's tag, so a base is built anew just when another one would come of it.
func baseDigest(in input, sourceAMI string, templates fs.FS) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, in.name, sourceAMI, in.upstream)
	for _, root := range []string{"image.pkr.hcl", "scripts"} {
		err := fs.WalkDir(templates, root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || ofRunner.MatchString(path) {
				return err
			}
			text, err := fs.ReadFile(templates, path)
			fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("digest of the base: %w", err)
		}
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// baseOf is the base with a digest, of bases with the newest first; none is empty.
func baseOf(bases []instance.AMI, digest string) (id string) {
	at := slices.IndexFunc(bases, func(b instance.AMI) bool { return b.Tags[tagBase] == digest })
	if at < 0 {
		return ""
	}
	return bases[at].ID
}
