package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/release"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// look finds out what there is. It changes nothing.
func (p Program) look(ctx context.Context, in account.Account, flags Flags, digest string) (found Found, err error) {
	found = Found{Account: in.ID, Region: in.Region(), Registry: in.Registry(), Quotas: map[account.Quota]Granted{}}
	if found.Zip, found.AgentX64, found.AgentArm64, err = artifacts(flags.Artifacts); err != nil {
		return Found{}, err
	}
	if found.Stack, err = stack.New(in).Find(ctx, flags.Stack); err != nil {
		return Found{}, err
	}
	if found.Around, err = instance.LookAround(ctx, in.Config); err != nil {
		return Found{}, account.Told(err)
	}
	for _, quota := range quotas {
		value, err := in.Quota(ctx, quota)
		found.Quotas[quota] = Granted{value, err}
	}
	if !found.exists() && flags.Parameters["ServerPlatform"] == "" {
		found.AppRunner, found.AppRunnerTrouble = in.HasAppRunner(ctx)
	}
	if err := p.lookIntoBuckets(ctx, in, flags, digest, &found); err != nil {
		return Found{}, account.Told(err)
	}
	found.Release, err = p.release(ctx, flags)
	if err != nil {
		return Found{}, err
	}
	return found, imageIsThere(ctx, in, flags.Parameters["ServerImage"])
}

func (p Program) lookIntoBuckets(ctx context.Context, in account.Account, flags Flags, digest string, found *Found) (err error) {
	name := artifactBucket(flags, found.before(), in.ID, in.Region())
	shared := in.Bucket(name)
	found.Bucket, err = shared.Exists(ctx)
	if errors.Is(err, bucket.ErrForeign) {
		return console.Misuse(fmt.Errorf("ArtifactBucket is %q: %w: name another with --param ArtifactBucket=…", name, bucket.ErrForeign))
	}
	if err != nil {
		return err
	}
	if found.Bucket {
		if found.Zip.There, err = shared.Has(ctx, "lambda/"+found.Zip.SHA256+".zip"); err != nil {
			return err
		}
		if found.Template, err = shared.Has(ctx, templateKey(digest)); err != nil {
			return err
		}
	}
	if !found.exists() || found.Stack.Outputs["ControlBucketName"] == "" {
		return nil
	}
	control := in.Bucket(found.Stack.Outputs["ControlBucketName"])
	for _, agent := range []*Artifact{&found.AgentX64, &found.AgentArm64} {
		if agent.There, err = control.Has(ctx, "agents/"+agent.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// release is the runner's release that was named, or else the newest, or else the one that we know.
func (p Program) release(ctx context.Context, flags Flags) (Release, error) {
	version, said := flags.Parameters["RunnerVersion"]
	if said && (version == "" || flags.Parameters["RunnerSha256X64"] != "") {
		return Release{Release: release.Release{Version: version}}, nil // all that has to be known was said
	}
	found, err := release.Find(ctx, p.GitHub, release.GitHub, version)
	switch {
	case err == nil:
		return Release{Release: found}, nil
	case said:
		return Release{}, fmt.Errorf("RunnerVersion is %q, and its SHA-256 could not be found out (%w): see that the release exists, or set RunnerSha256X64 and RunnerSha256Arm64, too", version, err)
	}
	return Release{known, err}, nil
}

// imageIsThere looks for an image of the account's own registry. Others are for App Runner to find.
func imageIsThere(ctx context.Context, in account.Account, image string) error {
	name, own := strings.CutPrefix(image, in.Registry()+"/")
	name, digest, _ := strings.Cut(name, "@")
	if !own {
		return nil
	}
	there, err := in.Digest(ctx, name, digest)
	if err == nil && there == "" {
		return console.Misuse(fmt.Errorf("ServerImage is %q, and the registry has no such image: push it first, or have it built and pushed by --push-image", image))
	}
	return err
}

func artifacts(dir string) (zip, x64, arm64 Artifact, err error) {
	zip, zipErr := artifact(dir, "lambda.zip", "make lambda")
	x64, x64Err := artifact(dir, "agent-linux-amd64", "make agents")
	arm64, armErr := artifact(dir, "agent-linux-arm64", "make agents")
	return zip, x64, arm64, console.Misuse(errors.Join(zipErr, x64Err, armErr))
}

// artifact finds out what a file's SHA-256 is. Make says what builds it.
func artifact(dir, name, build string) (Artifact, error) {
	path := filepath.Join(dir, name)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Artifact{}, fmt.Errorf("%s is not there: `%s` builds it into bin/, which --artifacts names; `make deploy` does all of it", path, build)
	}
	if err != nil {
		return Artifact{}, fmt.Errorf("read what is to be deployed: %w", err)
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	bytes, err := io.Copy(hash, file)
	if err != nil {
		return Artifact{}, fmt.Errorf("read what is to be deployed: %w", err)
	}
	return Artifact{Path: path, SHA256: hex.EncodeToString(hash.Sum(nil)), Bytes: bytes}, nil
}
