package image

import (
	"context"
	"fmt"
	"os"
	"time"
)

// builder builds one image.
type builder struct {
	App
	in     input
	amis   AMIs
	packer packer
	work   workshop
	began  time.Time
	stamp  string // of the build, in names
	log    *os.File
}

// build makes an image, boots it, and has it check itself.
func (a App) build(ctx context.Context, args []string) (err error) {
	in, err := parseBuild(args, a.Getenv)
	if err != nil {
		return err
	}
	b := builder{App: a, in: in, began: a.now(), stamp: a.now().UTC().Format("20060102150405")}
	if b.packer, err = findPacker(ctx, a.Packer); err != nil {
		return err
	}
	if b.work, err = newWorkshop(ctx, in, b.packer.older); err != nil {
		return err
	}
	defer func() { _ = b.work.close() }()
	if in.dryRun {
		return b.dryRun(ctx)
	}
	if err := b.collect(ctx); err != nil {
		return err
	}
	if due, err := b.isDue(ctx); err != nil || !due {
		return err
	}
	return b.logged(ctx)
}

// isDue says whether to build at all.
func (b *builder) isDue(ctx context.Context) (bool, error) {
	if !b.in.ifDue {
		return true, nil
	}
	all, err := b.amis.Tagged(ctx, tagImage)
	if err != nil {
		return false, err
	}
	why := due(all, line{b.in.name.String(), string(b.in.profile)}, b.in.runner, b.now())
	if why == "" {
		b.tell("%s is not due", b.in.name)
		return false, nil
	}
	b.tell("due: %s", why)
	return true, nil
}

// logged builds, and leaves what Packer said if that failed.
func (b *builder) logged(ctx context.Context) (err error) {
	if b.log, err = os.CreateTemp("", "mayfly-image-"+b.in.name.String()+"-*.log"); err != nil {
		return err
	}
	defer func() { _ = b.log.Close() }()
	if err := b.make(ctx); err != nil {
		return fmt.Errorf("%w\nAll that Packer said is in %s", err, b.log.Name())
	}
	return os.Remove(b.log.Name())
}

// collect gets everything that a build needs and may lack, before an instance is started.
func (b *builder) collect(ctx context.Context) (err error) {
	if err := b.fillPayload(); err != nil {
		return err
	}
	if err := b.packer.prepare(ctx, b.work); err != nil {
		return err
	}
	if b.amis, err = b.connect(ctx, b.in.region); err != nil {
		return err
	}
	source, err := b.amis.Source(ctx, b.in.owner, b.in.source)
	switch {
	case err != nil:
		return fmt.Errorf("--source-ami: in %s: %w", b.in.region, err)
	case source.Arch != b.in.name.Arch:
		return misused("--source-ami is %s, which is for %s, and %s is for %s: name one for %s", source.ID, source.Arch, b.in.name, b.in.name.Arch, b.in.name.Arch)
	}
	b.in.owner, b.in.source = "", source.ID
	if err := b.findRunner(ctx); err != nil {
		return err
	}
	b.tell("from %s %s, with runner %s of %s", source.ID, source.Name, b.in.runner.version, b.in.runner.released)
	return nil
}

func (b *builder) fillPayload() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, to find the agent beside it: %w", err)
	}
	return b.work.fill(b.in.agentOf(self))
}

// make makes what is collected into an image that is verified, or failed.
func (b *builder) make(ctx context.Context) error {
	base, digest, err := b.base(ctx)
	if err != nil {
		return err
	}
	ami, err := b.stage(ctx, "runner", base, digest)
	if err != nil {
		return err
	}
	manifest, err := b.keepManifest(ctx, ami)
	if err != nil {
		return err
	}
	if err := b.verify(ctx, ami); err != nil {
		return err
	}
	if b.in.promote {
		if err := b.markPromoted(ctx, b.amis, ami); err != nil {
			return err
		}
		b.tell("promoted")
	}
	fmt.Fprintf(b.Out, "\n%s is %s, verified. What it is made of is in %s.\n\n%s", ami, b.in.name, manifest, b.advice(ami))
	return nil
}

// tell tells of a step, and how long after the start it is.
func (b *builder) tell(format string, values ...any) {
	passed := b.now().Sub(b.began).Truncate(time.Second)
	fmt.Fprintf(b.Out, "%3d:%02d  %s\n", int(passed.Minutes()), int(passed.Seconds())%60, fmt.Sprintf(format, values...))
}

// advice is how to have jobs run on an image.
func (b *builder) advice(ami string) string {
	arch := map[string]string{"amd64": "X64", "arm64": "Arm64"}[b.in.goarch()]
	return fmt.Sprintf(`Have servers launch it:            mayfly image promote %[1]s --region %[2]s
A stack whose jobs all run on it:   parameters Image%[3]s=self/%[6]s-* and RunnerProfile=%[5]s
A stack whose jobs may ask for it:  parameter NamedImages=%[4]s=self/%[6]s-*
and then the job:                   runs-on: mayfly=${{ github.run_id }}/image=%[4]s
`, ami, b.in.region, arch, b.in.name, b.in.profile, b.in.stem())
}
