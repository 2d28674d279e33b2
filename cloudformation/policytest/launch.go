package policytest

import "github.com/mayfly-ci/mayfly/cloudformation/policy"

// launch is what ec2:RunInstances and ec2:CreateFleet are asked for. Keys that are empty are not in the request.
type launch struct {
	tag, instanceType, profile, tokens, hops string
	encrypted, owner, subnet, group          string
	template, region                         string
}

// usual is a launch as the server makes it.
func (s Stack) usual() launch {
	return launch{
		tag: s.Name, instanceType: s.InstanceType, profile: s.Profile, tokens: "required", hops: "1",
		encrypted: "true", owner: s.ImageOwner, subnet: s.Subnets[0], group: s.Group,
		template: s.Templates[0], region: s.Region,
	}
}

// with is a usual launch, changed.
func (s Stack) with(change func(*launch)) launch {
	asked := s.usual()
	change(&asked)
	return asked
}

// instances are the resources that ec2:RunInstances touches, each with the keys that the Service Authorization
// Reference lists for it. All have the launch template's.
func (s Stack) instances(asked launch) []policy.Resource {
	s.Region = asked.region
	resources := s.launched(asked)
	resources[0].Context["ec2:InstanceProfile"] = some(asked.profile)
	resources[0].Context["ec2:MetadataHttpTokens"] = some(asked.tokens)
	resources[0].Context["ec2:MetadataHttpPutResponseHopLimit"] = some(asked.hops)
	if asked.template == "" {
		return resources
	}
	template := s.arn("ec2", "launch-template/"+asked.template)
	resources = append(resources, policy.Resource{ARN: template, Context: policy.Context{}})
	for _, each := range resources {
		each.Context["ec2:LaunchTemplate"] = []string{template}
	}
	return resources
}

// fleet are the resources that ec2:CreateFleet touches.
func (s Stack) fleet(asked launch) []policy.Resource {
	tag := policy.Context{"aws:RequestTag/mayfly-stack": some(asked.tag)}
	return append(s.launched(asked),
		policy.Resource{ARN: s.arn("ec2", "fleet/*"), Context: tag},
		policy.Resource{ARN: s.arn("ec2", "launch-template/"+asked.template)})
}

// launched are the resources of both, the instance first.
func (s Stack) launched(asked launch) []policy.Resource {
	tagged := func(kind, key, value string) policy.Resource {
		return policy.Resource{ARN: s.arn("ec2", kind+"/*"), Context: policy.Context{
			"aws:RequestTag/mayfly-stack": some(asked.tag), key: some(value),
		}}
	}
	return []policy.Resource{
		tagged("instance", "ec2:InstanceType", asked.instanceType),
		tagged("volume", "ec2:Encrypted", asked.encrypted),
		tagged("network-interface", "ec2:Subnet", s.arn("ec2", "subnet/"+asked.subnet)),
		{ARN: "arn:" + s.Partition + ":ec2:" + s.Region + "::image/ami-0e", Context: policy.Context{"ec2:Owner": some(asked.owner)}},
		{ARN: s.arn("ec2", "subnet/"+asked.subnet), Context: policy.Context{"ec2:SubnetID": some(asked.subnet)}},
		{ARN: s.arn("ec2", "security-group/"+asked.group), Context: policy.Context{}},
	}
}

// some is a key's value, or none if it is empty.
func some(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
