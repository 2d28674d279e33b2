package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// unknown stands for an AMI that is known only when it is built.
const unknown = "ami-00000000000000000"

// dryRun checks whatever can be checked without AWS, and says what a build would do.
func (b *builder) dryRun(ctx context.Context) error {
	if !b.packer.older { // without plugins, which it fetches, it knows no amazon-ebs
		if err := b.packer.prepare(ctx, b.work); err != nil {
			return err
		}
	}
	source := b.in.source
	if b.in.owner != "" {
		b.in.source = unknown
	}
	digest, err := baseDigest(b.in, b.in.source, os.DirFS(b.in.templates))
	if err != nil {
		return err
	}
	for stage, from := range map[string]string{"base": b.in.source, "runner": unknown} {
		files, err := b.work.variables(b.in, stage, b.variables(stage, from, digest))
		if err == nil {
			err = b.packer.validate(ctx, b.work, files)
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", stage, b.in.name, err)
		}
	}
	note, err := b.noteAgent()
	if err != nil {
		return err
	}
	fmt.Fprint(b.Out, b.plan(source, digest)+note)
	return nil
}

// plan is what a build would do.
func (b *builder) plan(source, digest string) string {
	in := b.in
	if in.owner != "" {
		source, digest = fmt.Sprintf("the newest %s of %s", source, in.owner), "which depends on the source"
	}
	lines := []string{
		fmt.Sprintf("%s, %s, in %s, by the templates of %s:", in.name, in.profile, in.region, b.work.commit),
		"  source      " + source,
		"  base        made of it, unless there is one with the tag " + tagBase + ": " + digest,
	}
	if in.upstream != "" {
		lines = append(lines, "              with the scripts of actions/runner-images at "+in.upstream)
	}
	runner := "the newest, which GitHub is asked for"
	if in.runner != (release{}) {
		runner = fmt.Sprintf("%s of %s, sha256:%s", in.runner.version, in.runner.released, in.runner.sha256)
	}
	left := ""
	if b.packer.older {
		left = ", without the options that it does not know; a build wants 1.10 or newer"
	}
	return strings.Join(append(lines,
		"  runner      "+runner,
		fmt.Sprintf("  image       %s-%s, which nobody launches before it is promoted", in.stem(), b.stamp),
		"  build       from "+in.sshCIDR+" alone, in "+cmp.Or(in.subnet, "the default VPC")+", encrypted with "+cmp.Or(in.kmsKey, "the account's key for EBS"),
		"  test boot   "+bootType(in)+", whose checks decide between the tags "+tagVerified+" and "+tagFailed,
		"  Packer      "+b.packer.version+" finds base and runner valid"+left,
	), "\n") + "\n"
}

// noteAgent says if the agent is not built yet, which is no fault of the templates'.
func (b *builder) noteAgent() (string, error) {
	err := b.fillPayload()
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Sprintf("  agent       missing, and a build would fail: %v\n", err), nil
	}
	return "", err
}
