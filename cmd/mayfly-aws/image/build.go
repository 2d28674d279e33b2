package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	if b.log, err = os.CreateTemp("", "mayfly-image-"+in.name.String()+"-*.log"); err != nil {
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
	if b.in.runner == (release{}) {
		if b.in.runner, err = b.newest(ctx, b.in.name.Arch); err != nil {
			return err
		}
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
	fmt.Fprintf(b.Out, "\n%s is %s, verified. What it is made of is in %s.\n\n%s", ami, b.in.name, manifest, b.advice(ami))
	return nil
}

// base is the base to make the runner's image from: one that there is, or else a new one.
func (b *builder) base(ctx context.Context) (ami, digest string, err error) {
	if digest, err = baseDigest(b.in, b.in.source, os.DirFS(b.in.templates)); err != nil {
		return "", "", err
	}
	bases, err := b.amis.Tagged(ctx, tagBase)
	if err != nil {
		return "", "", err
	}
	if ami = baseOf(bases, digest); ami != "" {
		b.tell("base: there is %s, of the same inputs", ami)
		return ami, digest, nil
	}
	ami, err = b.stage(ctx, "base", b.in.source, digest)
	return ami, digest, err
}

// stage has Packer build one stage from an image.
func (b *builder) stage(ctx context.Context, stage, from, digest string) (ami string, err error) {
	files, err := b.work.variables(b.in, stage, b.variables(stage, from, digest))
	if err != nil {
		return "", err
	}
	b.tell("%s: Packer %s builds it from %s", stage, b.packer.version, from)
	ami, err = b.packer.build(ctx, b.work, files, func(step string) { b.tell("%s: %s", stage, step) }, b.log)
	if err != nil {
		return "", fmt.Errorf("%s of %s: %w", stage, b.in.name, err)
	}
	b.tell("%s: %s", stage, ami)
	return ami, nil
}

// variables are what Packer is told of a stage. What is empty is the template's own affair.
func (b *builder) variables(stage, from, digest string) map[string]any {
	in := b.in
	told := map[string]any{
		"stage": stage, "os": in.name.OS, "arch": string(in.name.Arch), "profile": string(in.profile),
		"region": in.region, "source_ami": in.source, "from_ami": from, "stamp": b.stamp, "base_digest": digest, "commit": b.work.commit,
		"runner_images_commit": in.upstream, "runner_version": in.runner.version, "runner_sha256": in.runner.sha256, "runner_released": in.runner.released,
		"payload": b.work.path("payload"), "manifest": b.work.path(stage + ".json"),
		"ssh_cidr": in.sshCIDR, "subnet_id": in.subnet, "kms_key_id": in.kmsKey,
	}
	if in.name.Kind != gpu { // which has a file of its own
		told["kind"] = in.name.Kind
	}
	if in.instanceType != "" {
		told["instance_type"] = in.instanceType
	}
	return told
}

// keepManifest leaves the file that tells what is in the image here, and its digest on the image.
func (b *builder) keepManifest(ctx context.Context, ami string) (path string, err error) {
	text, err := os.ReadFile(b.work.path("runner.json"))
	if err != nil {
		return "", fmt.Errorf("the build left no manifest: %w", err)
	}
	sum := sha256.Sum256(text)
	if err := b.amis.Tag(ctx, ami, map[string]string{tagManifest: "sha256:" + hex.EncodeToString(sum[:])}); err != nil {
		return "", err
	}
	path = "mayfly-" + b.in.name.String() + "-" + b.stamp + ".manifest.json"
	return path, os.WriteFile(path, text, 0o644) //nolint:gosec // there is no secret in it
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
A stack whose jobs all run on it:   parameters Image%[3]s=self/mayfly-%[4]s-* and RunnerProfile=%[5]s
A stack whose jobs may ask for it:  parameter NamedImages=%[4]s=self/mayfly-%[4]s-*
and then the job:                   runs-on: mayfly=${{ github.run_id }}/image=%[4]s
`, ami, b.in.region, arch, b.in.name, b.in.profile)
}
