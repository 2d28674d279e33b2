package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// workshop is a directory in which Packer works, gone when the build is.
type workshop struct {
	dir       string
	templates string // whose the copy is
	commit    string // of their repository
}

// newWorkshop copies the templates. For an older Packer it is without what such a one does not know.
func newWorkshop(ctx context.Context, in input, older bool) (w workshop, err error) {
	if _, err := os.Stat(filepath.Join(in.templates, "image.pkr.hcl")); err != nil {
		return w, misused("--templates is %q, where there is no image.pkr.hcl: run it in a checkout of Mayfly, or say where its folder packer is", in.templates)
	}
	w = workshop{templates: in.templates}
	if w.commit, err = commitOf(ctx, in.templates); err != nil {
		return w, err
	}
	if w.dir, err = os.MkdirTemp("", "mayfly-image-"); err != nil {
		return w, err
	}
	if err := w.copyTemplates(older); err != nil {
		return w, errors.Join(err, w.close())
	}
	return w, nil
}

func (w workshop) close() error { return os.RemoveAll(w.dir) }

// commitOf is the commit that templates are of, with -changed if they are not as it has them.
func commitOf(ctx context.Context, dir string) (string, error) {
	commit, err := git(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return "", fmt.Errorf("--templates is %q, which is in no checkout of Git, so nobody could tell what the image was made from: clone the repository (%w)", dir, err)
	}
	changed, err := git(ctx, dir, "status", "--porcelain", "--", ".")
	if changed != "" {
		commit += "-changed"
	}
	return commit, err
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	said, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(said)), nil
}

// newer is what a template has between its marks: options that Packer 1.6 does not know.
var newer = regexp.MustCompile(`(?s) *# newer\n.*? *# older\n`)

func (w workshop) copyTemplates(older bool) error {
	from := os.DirFS(w.templates)
	names, err := fs.Glob(from, "*.pkr.hcl")
	for _, name := range names {
		text, failed := fs.ReadFile(from, name)
		if older {
			text = newer.ReplaceAll(text, nil)
		}
		err = errors.Join(err, failed, os.WriteFile(w.path(name), text, 0o600))
	}
	return errors.Join(err, os.Mkdir(w.path("payload"), 0o700))
}

func (w workshop) path(name string) string { return filepath.Join(w.dir, name) }

// fill puts into the payload all that goes to the build instance: the scripts, and the agent.
func (w workshop) fill(agent string) error {
	if err := os.CopyFS(filepath.Join(w.path("payload"), "scripts"), os.DirFS(filepath.Join(w.templates, "scripts"))); err != nil {
		return err
	}
	program, err := os.ReadFile(agent)
	if err != nil {
		return misused("--agent is %q, which cannot be read: `make agents` builds it (%w)", agent, err)
	}
	if !bytes.HasPrefix(program, []byte("\x7fELF")) {
		return misused("--agent is %q, which is no program of Linux: `make agents` builds one", agent)
	}
	return os.WriteFile(filepath.Join(w.path("payload"), "agent"), program, 0o700) //nolint:gosec // it is started
}

// agentOf is where the agent for the image is: where it is said to be, or beside this program, where make agents puts it.
func (in input) agentOf(program string) string {
	if in.agent != "" {
		return in.agent
	}
	return filepath.Join(filepath.Dir(program), "agent-linux-"+in.goarch())
}

// variables writes what Packer is told of a stage, and is the files that tell it, of which a later one is heard more.
func (w workshop) variables(in input, stage string, variables map[string]any) (files []string, err error) {
	text, err := json.MarshalIndent(variables, "", "  ")
	if err != nil {
		return nil, err
	}
	if in.name.Kind == gpu {
		files = append(files, filepath.Join(w.templates, "gpu.pkrvars.hcl"))
	}
	path := w.path(stage + ".pkrvars.json")
	return append(files, path), os.WriteFile(path, text, 0o600)
}
