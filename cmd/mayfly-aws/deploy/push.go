package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// push builds the server's image from the sources that are here, and is the image by its digest. Its tag is made of its
// content, so what was pushed before is not pushed again.
func (c *carrier) push(ctx context.Context) (string, error) {
	// App Runner runs x86 alone. Source: docs.aws.amazon.com, App Runner Developer Guide, "Image-based service".
	id, err := c.Docker(ctx, "", "build", "--quiet", "--platform", "linux/amd64", ".")
	if err != nil {
		return "", fmt.Errorf("build the server's image: %w", err)
	}
	local := strings.TrimSpace(id)
	_, hex, is := strings.Cut(local, "sha256:")
	if !is || len(hex) < 12 {
		return "", fmt.Errorf("build the server's image: docker says %q, and not the image's id", local)
	}
	tag := hex[:12]
	if err := c.in.MakeRepository(ctx, repository); err != nil {
		return "", err
	}
	digest, err := c.in.Digest(ctx, repository, tag)
	if err != nil {
		return "", err
	}
	if digest == "" {
		if err := c.upload(ctx, local, c.in.Registry()+"/"+repository+":"+tag); err != nil {
			return "", err
		}
		if digest, err = c.in.Digest(ctx, repository, tag); err != nil {
			return "", err
		}
	}
	if digest == "" {
		return "", fmt.Errorf("the image was pushed, and the registry does not have it as %s:%s", repository, tag)
	}
	image := c.in.Registry() + "/" + repository + "@" + digest
	c.Console.Say("  %s", image)
	return image, nil
}

func (c *carrier) upload(ctx context.Context, local, remote string) error {
	password, err := c.in.RegistryPassword(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Docker(ctx, password, "login", "--username", "AWS", "--password-stdin", c.in.Registry()); err != nil {
		return fmt.Errorf("log in to the registry: %w", err)
	}
	if _, err := c.Docker(ctx, "", "tag", local, remote); err != nil {
		return fmt.Errorf("name the server's image: %w", err)
	}
	if _, err := c.Docker(ctx, "", "push", "--quiet", remote); err != nil {
		return fmt.Errorf("push the server's image: %w", err)
	}
	return nil
}

// Docker runs docker. The error is the last line of what it complained of.
func Docker(ctx context.Context, input string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "docker", args...)
	command.Stdin = strings.NewReader(input)
	// An attestation would make a list of images of the one. Source: docs.docker.com, "Build variables".
	command.Env = append(os.Environ(), "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	err := command.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("docker is missing: install it (apt-get install docker.io), or push an image elsewhere and name it with --image")
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("docker %s: %w: %s", args[0], err, lines[len(lines)-1])
	}
	return out.String(), nil
}
