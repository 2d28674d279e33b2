package server

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/labels"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// offers says everything that is wrong with what labels may choose from.
func (c Config) offers() error {
	var problems []error
	for _, pattern := range c.Families {
		if !pattern.Valid() {
			problems = append(problems, fmt.Errorf("server: Families has %q, which names no instance types: use the likes of m7a, m7a.large and c7*", pattern))
		}
	}
	if ask, err := labels.Parse([]string{"mayfly/env=" + c.Env}); err != nil || !strings.EqualFold(ask.Env, c.Env) {
		problems = append(problems, fmt.Errorf("server: Env is %q, which no label can name: use letters, digits, dashes and dots", c.Env))
	}
	for name, image := range c.NamedImages {
		ask, err := labels.Parse([]string{"mayfly/image=" + name})
		switch {
		case err != nil || ask.Image != name:
			problems = append(problems, fmt.Errorf("server: NamedImages has %q, which no label can name: use lower-case letters, digits, dots, dashes and underscores", name))
		case image.ID == "" || image.Arch != runner.X64 && image.Arch != runner.ARM64:
			problems = append(problems, fmt.Errorf("server: NamedImages has %q with id %q and architecture %q: set both, the latter to %s or %s", name, image.ID, image.Arch, runner.X64, runner.ARM64))
		}
	}
	if err := c.Policy.Check(); err != nil {
		problems = append(problems, fmt.Errorf("server: %w", err))
	}
	return errors.Join(problems...)
}
