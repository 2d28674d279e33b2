package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

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
	path = b.in.stem() + "-" + b.stamp + ".manifest.json"
	return path, os.WriteFile(path, text, 0o644) //nolint:gosec // there is no secret in it
}
