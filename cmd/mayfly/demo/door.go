package demo

import (
	"fmt"
	"strings"

	"github.com/mayfly-ci/mayfly/pkg/secret"
	"github.com/mayfly-ci/mayfly/server/webhook"
)

// The environment of a demo that listens for webhooks from outside.
const (
	SecretVariable = "MAYFLY_WEBHOOK_SECRET" //nolint:gosec // the name of a variable
	OwnersVariable = "MAYFLY_ALLOWED_OWNERS"
)

// Door is who may bring webhooks from outside.
type Door struct {
	Secret secret.Text // that they are signed with; empty is one that nobody knows
	Owners []string    // of the repositories whose jobs are taken; none is any
}

// ReadDoor reads the environment, if the demo is to listen. The error names the variable and the remedy.
func ReadDoor(f Flags, getenv func(string) string) (Door, error) {
	if f.Listen == "" {
		return Door{}, nil
	}
	key := getenv(SecretVariable)
	if len(key) < webhook.MinSecretBytes {
		return Door{}, fmt.Errorf("%s has %d bytes, and webhooks from outside are signed with one of at least %d: "+
			"set it, as in export %[1]s=$(openssl rand -hex 32)", SecretVariable, len(key), webhook.MinSecretBytes)
	}
	door := Door{Secret: secret.New(key)}
	for owner := range strings.SplitSeq(getenv(OwnersVariable), ",") {
		if owner = strings.TrimSpace(owner); owner != "" {
			door.Owners = append(door.Owners, owner)
		}
	}
	if len(door.Owners) > 0 {
		owner, _, _ := strings.Cut(repository, "/")
		door.Owners = append(door.Owners, owner) // of the sample
	}
	return door, nil
}

// allowed is whose jobs are taken, for people.
func (d Door) allowed() string {
	if len(d.Owners) == 0 {
		return "any owner"
	}
	return "the owners " + strings.Join(d.Owners, ", ")
}
