package cloudformation_test

import (
	"maps"
	"strings"
	"testing"
)

// CloudFormation tells people what the template says, so that says what to write instead.
func TestWhatIsWrongIsRefusedInWords(t *testing.T) {
	for name, test := range map[string]struct {
		parameters map[string]string
		want       string
	}{
		"an unknown platform":        {map[string]string{"ServerPlatform": "Fargate"}, "use one of [AppRunner Lambda]"},
		"an image by its tag":        {map[string]string{"ServerImage": "public.ecr.aws/mayfly/mayfly:latest"}, "by its digest"},
		"an image elsewhere":         {map[string]string{"ServerImage": "docker.io/mayfly/mayfly@sha256:" + digest}, "in ECR or ECR Public"},
		"App Runner, and no image":   {map[string]string{"ServerImage": ""}, "set it to the image by its digest, or ServerPlatform to Lambda"},
		"no zip":                     {map[string]string{"LambdaKey": ""}, "lambda/<sha256>.zip"},
		"an e-mail without a host":   {map[string]string{"AlertEmail": "ops"}, "as ops@example.com"},
		"ssh without addresses":      {map[string]string{"SSHAllowed": "true", "SshKeys": sshKey}, "SshCidr is empty: set it to the addresses that you log in from"},
		"ssh without keys":           {map[string]string{"SSHAllowed": "true", "SshCidr": "203.0.113.0/24"}, "SshKeys has no key: set it to the public keys"},
		"ssh from everywhere":        {map[string]string{"SshCidr": "0.0.0.0/0"}, "0.0.0.0/0 and anything wider than /8 is refused"},
		"ssh from half of it":        {map[string]string{"SshCidr": "128.0.0.0/1"}, "wider than /8"},
		"ssh from a /7":              {map[string]string{"SshCidr": "10.0.0.0/7"}, "wider than /8"},
		"ssh from no network":        {map[string]string{"SshCidr": "10.0.0.300/24"}, "as 203.0.113.0/24"},
		"ssh from IPv6":              {map[string]string{"SshCidr": "::/0"}, "as 203.0.113.0/24"},
		"private without NAT":        {map[string]string{"PrivateSubnets": "true"}, "NatGateways is None: set it to One or OnePerZone"},
		"private in another VPC":     {map[string]string{"PrivateSubnets": "true", "NatGateways": "One", "VpcId": "vpc-0a", "SubnetIds": "subnet-0a"}, "set PrivateSubnetIds instead"},
		"a VPC without subnets":      {map[string]string{"VpcId": "vpc-0a"}, "SubnetIds is empty: set it to subnets of that VPC"},
		"subnets without a VPC":      {map[string]string{"SubnetIds": "subnet-0a"}, "VpcId is empty: set it to the VPC that they are in"},
		"a public range":             {map[string]string{"VpcCidr": "8.8.0.0/16"}, "Has to be a private range of /16"},
		"a small range":              {map[string]string{"VpcCidr": "10.0.0.0/24"}, "Has to be a private range of /16"},
		"a policy behind a door":     {map[string]string{"RunnerCustomPolicyArn": "arn:aws:iam::123456789012:policy/x"}, "set ImdsMode to open, or better use OIDC"},
		"a runner without a SHA-256": {map[string]string{"RunnerSha256Arm64": ""}, "set RunnerSha256X64 and RunnerSha256Arm64"},
		"Ubuntu without an agent":    {map[string]string{"AgentSha256X64": ""}, "set AgentSha256X64 and RunnerVersion, as mayfly deploy does, or ImageX64 to an image of yours"},
		"Ubuntu without a runner":    {map[string]string{"RunnerVersion": "", "ImageX64": "ami-0a1"}, "set AgentSha256Arm64 and RunnerVersion"},
		"a page of Lambda":           {map[string]string{"ServerPlatform": "Lambda", "AdminPage": "open"}, "set both to closed"},
		"a SHA-256 in capitals":      {map[string]string{"AgentSha256X64": strings.ToUpper(digest)}, "64 small hex digits"},
		"a family without wildcard":  {map[string]string{"AllowedInstanceTypes": "m7a"}, "each with a wildcard or a size"},
		"an owner by name":           {map[string]string{"ImageOwners": "self"}, "accounts of 12 digits"},
		"a threshold of nothing":     {map[string]string{"UsageAlarmMinutesPerDay": "0"}, "use a number, 1 or more"},
		"Ubuntu with provenance":     {map[string]string{"RequireProvenance": "true", "ImageX64": "ami-0a1"}, "set ImageX64 and ImageArm64 to images of yours"},
		"a day of no minutes":        {map[string]string{"MaxRunnerMinutesPerDay": "0"}, "1 or more, or empty"},
		"Docker in words":            {map[string]string{"DockerPolicy": "socket"}, `as {"socket":true,"max_memory":4294967296}`},
		"Docker with a strange key":  {map[string]string{"DockerPolicy": `{"sockets":true}`}, "of what docs/docker.md lists"},
		"Docker on two lines":        {map[string]string{"DockerPolicy": "{\"images\":[\"a\nb\"]}"}, "JSON without spaces"},
		"telemetry in the clear":     {map[string]string{"TelemetryUrl": "http://telemetry.example.com"}, "begins with https://"},
		"a time without a unit":      {map[string]string{"MaxRuntime": "12"}, "as 90s, 10m or 12h"},
	} {
		t.Run(name, func(t *testing.T) {
			parameters := maps.Clone(needed)
			maps.Copy(parameters, test.parameters)
			_, err := read(t).Resolve(parameters)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestWhatIsRightIsTaken(t *testing.T) {
	for _, parameters := range []map[string]string{
		{"SSHAllowed": "true", "SshCidr": "10.0.0.0/8", "SshKeys": sshKey},
		{"SSHAllowed": "true", "SshCidr": "203.0.113.7/32", "SshKeys": sshKey},
		{"ServerImage": "public.ecr.aws/mayfly/mayfly@sha256:" + digest},
		{"AllowedInstanceTypes": "c*,m7a.*,r7g.large,m7i-flex.*"},
		{"RequireProvenance": "true", "ImageX64": "ami-0a1", "ImageArm64": "self/mayfly-ubuntu24-minimal-arm64-*"},
		{"MaxRuntime": "1h30m", "VpcCidr": "172.31.0.0/16"},
	} {
		stack(t, parameters)
	}
}

// A pattern that nobody explains is told as "failed to satisfy constraint", which helps nobody.
func TestEveryPatternSaysWhatToWrite(t *testing.T) {
	for name, parameter := range read(t).Section("Parameters") {
		pattern, told := at(parameter, "AllowedPattern"), at(parameter, "ConstraintDescription")
		if (pattern == nil) != (told == nil) {
			t.Errorf("%s: got pattern %v and description %v, want both or neither", name, pattern, told)
		}
		if at(parameter, "Description") == nil {
			t.Errorf("%s: it does not say what it is", name)
		}
	}
}
