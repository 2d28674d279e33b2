// Package deploy is `mayfly deploy`: it looks at what there is, makes a plan of it, shows that, and carries it out.
//
//	look ─▶ Found ─▶ Make ─▶ Plan ─▶ shown ─▶ carry, a step at a time: each does nothing where it was done before
package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
)

// Program is what a deployment needs of where it runs.
type Program struct {
	Console  console.Console
	Template []byte       // of CloudFormation
	AWS      *http.Client // nil is the SDK's own
	GitHub   *http.Client
	// Docker runs docker with arguments and an input, and gives what it printed.
	Docker func(ctx context.Context, input string, args ...string) (string, error)
}

// Run deploys. The error is told once, by the caller.
func (p Program) Run(ctx context.Context, flags Flags) error {
	p.Console.Yes = flags.Yes
	written, err := template.Parse(p.Template)
	if err != nil {
		return err
	}
	if err := written.Check(flags.Parameters); err != nil {
		return console.Misuse(err)
	}
	in, err := account.Open(ctx, flags.Region, p.AWS)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(p.Template)
	digest := hex.EncodeToString(sum[:])
	found, err := p.look(ctx, in, flags, digest)
	if err != nil {
		return err
	}
	plan, err := Make(found, flags, written, digest)
	if err != nil {
		return err
	}
	p.show(in, plan, flags)
	if flags.DryRun {
		p.Console.Say("\nThis was a dry run: nothing was changed.")
		return nil
	}
	p.Console.Say("")
	return (&carrier{Program: p, in: in, found: found, plan: plan}).carry(ctx)
}

// templateKey is where the template is in the artifact bucket.
func templateKey(digest string) string { return "templates/" + digest + ".yaml" }
