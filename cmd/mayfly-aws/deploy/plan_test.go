package deploy_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/cloudformation"
	"github.com/mayfly-ci/mayfly/cloudformation/template"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/account"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/deploy"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/release"
	"github.com/mayfly-ci/mayfly/cmd/mayfly-aws/stack"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// empty is an account with nothing in it, and whatever a stack may come to.
func empty() deploy.Found {
	found := deploy.Found{
		Account: "123456789012", Region: "eu-west-1", Registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
		Around: instance.Region{Zones: []string{"a", "b", "c"}, VPCs: 1},
		Quotas: map[account.Quota]deploy.Granted{},
		Zip:    deploy.Artifact{Path: "lambda.zip", SHA256: strings.Repeat("1", 64)}, AgentX64: deploy.Artifact{SHA256: strings.Repeat("2", 64)}, AgentArm64: deploy.Artifact{SHA256: strings.Repeat("3", 64)},
		Release: deploy.Release{Release: release.Release{
			Version: "2.400.0", SHA256: map[runner.Arch]string{runner.X64: strings.Repeat("4", 64), runner.ARM64: strings.Repeat("5", 64)},
		}},
	}
	for _, quota := range []account.Quota{account.OnDemandVCPUs, account.SpotVCPUs, account.Storage, account.Addresses, account.VPCs} {
		found.Quotas[quota] = deploy.Granted{Value: 1000}
	}
	return found
}

// standing is the same with a stack that has some parameters, beside those that every stack has.
func standing(parameters map[string]string) deploy.Found {
	found := empty()
	all := map[string]string{"ServerPlatform": "Lambda", "ArtifactBucket": "theirs", "LambdaKey": "lambda/0.zip", "RunnerVersion": "2.399.0"}
	maps.Copy(all, parameters)
	found.Stack = &stack.Stack{Name: "mayfly", Status: "UPDATE_COMPLETE", Parameters: all}
	found.Bucket = true
	return found
}

func plan(t *testing.T, found deploy.Found, args ...string) deploy.Plan {
	t.Helper()
	flags, err := deploy.ParseFlags(append(args, "--param", "AlertEmail=ops@example.com"), "bin")
	if err != nil {
		t.Fatal(err)
	}
	written, err := template.Parse(cloudformation.Template)
	if err != nil {
		t.Fatal(err)
	}
	made, err := deploy.Make(found, flags, written, "0f")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestTheStepsAreThoseThatAreMissing(t *testing.T) {
	there := standing(nil)
	there.Zip.There, there.Template, there.AgentX64.There, there.AgentArm64.There = true, true, true, true
	short := empty()
	short.Quotas[account.VPCs] = deploy.Granted{Value: 1}
	for name, test := range map[string]struct {
		found deploy.Found
		args  []string
		want  []deploy.Deed
	}{
		"of nothing":              {empty(), nil, []deploy.Deed{deploy.MakeBucket, deploy.PutZip, deploy.PutTemplate, deploy.DeployStack, deploy.PutAgents}},
		"on App Runner":           {empty(), []string{"--platform", "AppRunner", "--push-image"}, []deploy.Deed{deploy.MakeBucket, deploy.PutZip, deploy.PushImage, deploy.PutTemplate, deploy.DeployStack, deploy.PutAgents, deploy.KeepLogs}},
		"an update":               {standing(nil), nil, []deploy.Deed{deploy.PutZip, deploy.PutTemplate, deploy.PutAgents, deploy.DeployStack}},
		"an update of parameters": {there, nil, []deploy.Deed{deploy.DeployStack}},
		"a quota is short":        {short, nil, []deploy.Deed{deploy.MakeBucket, deploy.PutZip, deploy.PutTemplate, deploy.DeployStack, deploy.PutAgents}},
		"a quota is asked for":    {short, []string{"--raise-quotas"}, []deploy.Deed{deploy.RaiseQuotas, deploy.MakeBucket, deploy.PutZip, deploy.PutTemplate, deploy.DeployStack, deploy.PutAgents}},
		"no quota is short":       {there, []string{"--raise-quotas"}, []deploy.Deed{deploy.DeployStack}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []deploy.Deed
			for _, step := range plan(t, test.found, test.args...).Steps {
				got = append(got, step.Do)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParametersAreSaidOrKeptOrFilledIn(t *testing.T) {
	two := empty()
	two.Around.Zones = two.Around.Zones[:2]
	served := empty()
	served.AppRunner = true
	unknown := empty()
	unknown.AppRunnerTrouble = errors.New("not now")
	for name, test := range map[string]struct {
		found deploy.Found
		args  []string
		set   map[string]string // "" is: not set
		kept  []string
	}{
		"no App Runner":             {empty(), nil, map[string]string{"ServerPlatform": "Lambda", "Zones": "", "ArtifactBucket": "mayfly-artifacts-123456789012-eu-west-1"}, nil},
		"App Runner":                {served, []string{"--push-image"}, map[string]string{"ServerPlatform": "AppRunner"}, nil},
		"App Runner, and not asked": {served, []string{"--platform", "Lambda"}, map[string]string{"ServerPlatform": "Lambda"}, nil},
		"App Runner is not known":   {unknown, nil, map[string]string{"ServerPlatform": "Lambda"}, nil},
		"two zones":                 {two, nil, map[string]string{"Zones": "2"}, nil},
		"two zones, another VPC":    {two, []string{"--param", "VpcId=vpc-0a", "--param", "SubnetIds=subnet-0a"}, map[string]string{"Zones": ""}, nil},
		"what was there stays":      {standing(map[string]string{"MaxRunners": "7"}), nil, map[string]string{"MaxRunners": "", "ServerPlatform": "", "ArtifactBucket": "theirs", "RunnerVersion": "2.400.0"}, []string{"MaxRunners", "ServerPlatform"}},
		"what is said is new":       {standing(map[string]string{"MaxRunners": "7"}), []string{"--param", "MaxRunners=9"}, map[string]string{"MaxRunners": "9"}, []string{"ServerPlatform"}},
		"what is no more is gone":   {standing(map[string]string{"Gone": "7"}), nil, map[string]string{"Gone": ""}, []string{"ServerPlatform"}},
		"an image of one's own":     {empty(), []string{"--param", "RunnerVersion=", "--param", "ImageX64=ami-0a", "--param", "ImageArm64=ami-0b"}, map[string]string{"RunnerVersion": "", "RunnerSha256X64": ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			proposal := plan(t, test.found, test.args...).Proposal
			for parameter, want := range test.set {
				if got := proposal.Parameters[parameter]; got != want {
					t.Errorf("%s: got %q, want %q", parameter, got, want)
				}
			}
			if diff := cmp.Diff(test.kept, proposal.Kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

func TestANewStackSaysWhoIsAlerted(t *testing.T) {
	written, err := template.Parse(cloudformation.Template)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		found deploy.Found
		flags deploy.Flags
		want  string // of the error; empty is none
	}{
		"nobody":               {empty(), deploy.Flags{}, "AlertEmail is empty: say who is sent alerts, as --param AlertEmail=ops@example.com"},
		"nobody, in a dry run": {empty(), deploy.Flags{DryRun: true}, ""},
		"nobody, said so":      {empty(), deploy.Flags{Parameters: map[string]string{"AlertEmail": ""}}, ""},
		"whoever was before":   {standing(map[string]string{"AlertEmail": "ops@example.com"}), deploy.Flags{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			flags := test.flags
			if flags.Parameters == nil {
				flags.Parameters = map[string]string{}
			}
			made, err := deploy.Make(test.found, flags, written, "0f")
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
			if noted := strings.Contains(strings.Join(made.Notes, " "), "refused without --dry-run"); noted != flags.DryRun {
				t.Errorf("got notes %q, want it noted in a dry run alone", made.Notes)
			}
		})
	}
}

func TestWhatAStackComesToOfItsQuotas(t *testing.T) {
	poor := func() deploy.Found {
		found := empty()
		for quota := range found.Quotas {
			found.Quotas[quota] = deploy.Granted{Value: 0}
		}
		found.Around.Addresses = 2
		return found
	}
	update := poor()
	update.Stack = standing(map[string]string{"MaxRunners": "10"}).Stack
	for name, test := range map[string]struct {
		found deploy.Found
		args  []string
		want  map[string]float64
	}{
		"by default":   {poor(), nil, map[string]float64{"L-1216C47A": 400, "L-34B43A08": 400, "L-7A658B76": 8, "L-F678F1CE": 2}},
		"hardened":     {poor(), []string{"--param", "RunnerProfile=hardened", "--param", "MaxRunners=512"}, map[string]float64{"L-1216C47A": 1024, "L-34B43A08": 1024, "L-7A658B76": 40, "L-F678F1CE": 2}},
		"with NAT":     {poor(), []string{"--param", "PrivateSubnets=true", "--param", "NatGateways=OnePerZone"}, map[string]float64{"L-1216C47A": 400, "L-34B43A08": 400, "L-7A658B76": 8, "L-F678F1CE": 2, "L-0263D0A3": 5}},
		"another VPC":  {poor(), []string{"--param", "VpcId=vpc-0a", "--param", "SubnetIds=subnet-0a"}, map[string]float64{"L-1216C47A": 400, "L-34B43A08": 400, "L-7A658B76": 8}},
		"on an update": {update, nil, map[string]float64{"L-1216C47A": 20, "L-34B43A08": 20, "L-7A658B76": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]float64{}
			for _, need := range plan(t, test.found, test.args...).Missing {
				got[need.Quota.Code] = need.Amount
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("short (-want +got):\n%s", diff)
			}
		})
	}
}
