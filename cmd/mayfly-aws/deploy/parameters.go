package deploy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/console"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Platforms of the server.
const (
	AppRunner = "AppRunner"
	Lambda    = "Lambda"
)

// repository is what the server's image is called in the account's registry.
const repository = "mayfly"

// unpushed stands for the digest of an image that is not pushed yet.
var unpushed = strings.Repeat("0", 64)

// settings are the parameters of a proposal.
type settings struct {
	set   map[string]string // told CloudFormation
	kept  []string          // as they are in the stack
	whole map[string]string // both
	notes []string
}

// choose fills in what nobody said. What was said goes before what the stack has, and that before what we find.
func choose(found Found, flags Flags, written *template.Template) (settings, error) {
	chosen := settings{set: maps.Clone(flags.Parameters)}
	before := found.before()
	chosen.fill("ArtifactBucket", artifactBucket(flags, before, found.Account, found.Region))
	chosen.fill("LambdaKey", "lambda/"+found.Zip.SHA256+".zip")
	chosen.fill("AgentSha256X64", found.AgentX64.SHA256)
	chosen.fill("AgentSha256Arm64", found.AgentArm64.SHA256)
	chosen.runner(found.Release, before)
	platform := chosen.platform(found)
	if flags.PushImage {
		chosen.set["ServerImage"] = found.Registry + "/" + repository + "@sha256:" + unpushed
	}
	if err := chosen.zones(found); err != nil {
		return settings{}, err
	}
	chosen.whole = maps.Clone(chosen.set)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		_, written := written.Section("Parameters")[name]
		_, set := chosen.set[name]
		if written && !set {
			chosen.kept, chosen.whole[name] = append(chosen.kept, name), before[name]
		}
	}
	if platform == AppRunner && chosen.whole["ServerImage"] == "" {
		return settings{}, console.Misuse(errors.New("ServerImage is empty, and the platform is AppRunner: build and push an image with --push-image, name one with --image …@sha256:…, or choose --platform Lambda"))
	}
	if flags.PushImage && platform == Lambda {
		return settings{}, console.Misuse(errors.New("--push-image is for App Runner, and the platform is Lambda: leave it out, or choose --platform AppRunner"))
	}
	_, err := written.Resolve(chosen.whole)
	return chosen, console.Misuse(err)
}

// fill sets what nobody said.
func (s *settings) fill(name, value string) {
	if _, said := s.set[name]; !said {
		s.set[name] = value
	}
}

func (s *settings) note(format string, values ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, values...))
}

// platform is what the stack has: a change of it would change the webhook's URL. A new one has App Runner where the
// account has that.
func (s *settings) platform(found Found) string {
	if platform, said := s.set["ServerPlatform"]; said {
		return platform
	}
	if found.exists() && found.Stack.Parameters["ServerPlatform"] != "" {
		return found.Stack.Parameters["ServerPlatform"]
	}
	platform := Lambda
	switch {
	case found.AppRunner:
		platform = AppRunner
	case found.AppRunnerTrouble != nil:
		s.note("the server goes on Lambda, for it could not be found out whether this account has App Runner (%s); --platform AppRunner overrides", account.Brief(found.AppRunnerTrouble))
	default:
		s.note("the server goes on Lambda: this account has no App Runner service in %s, and AWS takes no new customers for App Runner since 2026-04-30; --platform AppRunner overrides", found.Region)
	}
	s.set["ServerPlatform"] = platform
	return platform
}

// runner sets GitHub's runner to the newest. Where that is not known, the stack keeps what is newer than what we know.
func (s *settings) runner(release Release, before map[string]string) {
	if version, said := s.set["RunnerVersion"]; said && version != release.Version {
		return // and what its SHA-256 is, was said, or is refused
	}
	if release.Trouble != nil {
		had := before["RunnerVersion"]
		if newer(had, release.Version) {
			s.note("the runner stays %s: GitHub could not be asked for the newest (%s)", had, account.Brief(release.Trouble))
			return
		}
		s.note("the runner is %s: GitHub could not be asked for the newest (%s)", release.Version, account.Brief(release.Trouble))
	}
	s.fill("RunnerVersion", release.Version)
	s.fill("RunnerSha256X64", release.SHA256[runner.X64])
	s.fill("RunnerSha256Arm64", release.SHA256[runner.ARM64])
}

// zones has a new VPC span two zones, where the region has no third.
func (s *settings) zones(found Found) error {
	_, said := s.set["Zones"]
	if said || found.exists() || s.set["VpcId"] != "" || len(found.Around.Zones) >= 3 {
		return nil
	}
	if len(found.Around.Zones) < 2 {
		return fmt.Errorf("region %s has %d zones for this account, and a VPC needs two: choose another region, or set VpcId and SubnetIds", found.Region, len(found.Around.Zones))
	}
	s.set["Zones"] = "2"
	s.note("the VPC has two zones, for %s has no third for this account", found.Region)
	return nil
}
