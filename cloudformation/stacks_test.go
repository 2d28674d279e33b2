// Package cloudformation_test looks at the stack that template.yaml makes, for both platforms and all kinds of
// networks, as CloudFormation would resolve it.
package cloudformation_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/mayfly-ci/mayfly/cloudformation/template"
)

const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/mayfly@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// needed is what every stack is told.
var needed = map[string]string{
	"ArtifactBucket": "artifacts", "LambdaKey": "lambda/1.zip", "ServerImage": image,
	"AgentSha256X64": digest, "AgentSha256Arm64": digest, "RunnerVersion": "2.334.0", "RunnerSha256X64": digest, "RunnerSha256Arm64": digest,
}

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// choices are what may be chosen of each thing that changes which resources there are.
var choices = map[string][]map[string]string{
	"platform": {{"ServerPlatform": "AppRunner"}, {"AdminPage": "open", "Metrics": "open"}, {"ServerPlatform": "Lambda", "ServerImage": ""}},
	"network": {
		{},
		{"Zones": "2", "FlowLogs": "true"},
		{"PrivateSubnets": "true", "NatGateways": "One"},
		{"PrivateSubnets": "true", "NatGateways": "OnePerZone", "Zones": "2"},
		{"PrivateSubnets": "true", "NatGateways": "OnePerZone"},
		{"VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b"},
		{"VpcId": "vpc-0a", "SubnetIds": "subnet-0a", "PrivateSubnetIds": "subnet-0c"},
	},
	"doors": {
		{},
		{"SSHAllowed": "true", "SshCidr": "203.0.113.0/24", "SshKeys": sshKey + "," + sshKey, "Egress": "restricted"},
	},
	"instances": {
		{},
		{"RunnerProfile": "hardened", "ImdsMode": "off"},
		{
			"ImdsMode": "open", "RunnerCustomPolicyArn": "arn:aws:iam::123456789012:policy/jobs", "RunnerPermissionsBoundary": "arn:aws:iam::123456789012:policy/most",
			"ImageX64": "ami-0a1", "ImageArm64": "self/mine-*", "ImageOwners": "", "AgentSha256X64": "", "AgentSha256Arm64": "", "RunnerVersion": "", "RunnerSha256X64": "", "RunnerSha256Arm64": "",
			"PolicyAmiOwners": "210987654321", "NamedImages": "gpu=ami-0a2",
		},
	},
	"guards": {
		{},
		{"AlertEmail": "ops@example.com", "AlertKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/0a1b", "ServerPermissionsBoundary": "arn:aws:iam::123456789012:policy/most"},
	},
}

const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop alice" // of a seed of 32 zeroes

// combinations are all stacks that can be chosen.
func combinations() []map[string]string {
	all := []map[string]string{maps.Clone(needed)}
	for _, kind := range []string{"platform", "network", "doors", "instances", "guards"} {
		var next []map[string]string
		for _, before := range all {
			for _, chosen := range choices[kind] {
				both := maps.Clone(before)
				maps.Copy(both, chosen)
				next = append(next, both)
			}
		}
		all = next
	}
	return all
}

// written is the template. It is read once.
var written = sync.OnceValues(func() (*template.Template, error) { return template.Read("template.yaml") })

func read(t *testing.T) *template.Template {
	t.Helper()
	read, err := written()
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// stack is the stack of some parameters, beside those that are needed.
func stack(t *testing.T, parameters map[string]string) template.Stack {
	t.Helper()
	all := maps.Clone(needed)
	maps.Copy(all, parameters)
	made, err := read(t).Resolve(all)
	if err != nil {
		t.Fatalf("%v: %v", parameters, err)
	}
	return made
}

type chosen struct {
	parameters map[string]string
	made       template.Stack
}

// all are all stacks that can be chosen. They are made once.
var all = sync.OnceValues(func() (stacks []chosen, err error) {
	read, err := written()
	if err != nil {
		return nil, err
	}
	for _, parameters := range combinations() {
		made, err := read.Resolve(parameters)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", parameters, err)
		}
		stacks = append(stacks, chosen{parameters, made})
	}
	return stacks, nil
})

// each runs a test on every stack that can be chosen.
func each(t *testing.T, check func(t *testing.T, parameters map[string]string, made template.Stack)) {
	t.Helper()
	stacks, err := all()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range stacks {
		if check(t, one.parameters, one.made); t.Failed() {
			t.Fatalf("… of the stack with %v", one.parameters)
		}
	}
}

// at is what is at a path of keys, or nil.
func at(value any, keys ...string) any {
	for _, key := range keys {
		values, _ := value.(map[string]any)
		value = values[key]
	}
	return value
}
