//go:build aws

package cloudformation_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

func TestWhatMotoCannotMakeIsOfTheTemplate(t *testing.T) {
	var types []string
	for _, resource := range read(t).Section("Resources") {
		types = append(types, at(resource, "Type").(string))
	}
	for kind := range notOnMoto {
		if !slices.Contains(types, kind) {
			t.Errorf("%s is not in the template: take it out of notOnMoto", kind)
		}
	}
	for kind := range beside {
		if !slices.Contains(types, kind) {
			t.Errorf("%s is not in the template: take it out of beside", kind)
		}
	}
}

func TestMotoMakesEveryStack(t *testing.T) {
	for _, platform := range []map[string]string{{"AdminPage": "open", "Metrics": "open"}, {"ServerPlatform": "Lambda", "ServerImage": ""}} {
		for _, network := range []map[string]string{
			{"PrivateSubnets": "true", "NatGateways": "OnePerZone", "FlowLogs": "true", "AlertEmail": "ops@example.com"},
			existing(t),
		} {
			parameters := maps.Clone(platform)
			maps.Copy(parameters, network)
			name := cmp.Or(platform["ServerPlatform"], "AppRunner") + " in a VPC of the stack's"
			if network["VpcId"] != "" {
				name = cmp.Or(platform["ServerPlatform"], "AppRunner") + " in an existing VPC"
			}
			t.Run(name, func(t *testing.T) {
				a := newAccount(t, parameters)
				for name, value := range a.made.Outputs {
					if value == "" {
						t.Errorf("output %s: got nothing, want what moto gave", name)
					}
				}
				if network["VpcId"] != "" { // a VPC with endpoints cannot be removed on moto
					a.remove()
				}
			})
		}
	}
}

// existing is a VPC as somebody has who does not want another, and what else there was no place for.
func existing(t *testing.T) (parameters map[string]string) {
	t.Helper()
	api := ec2.NewFromConfig(awstest.Config(t))
	vpc, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := api.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.9.0.0/20")})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"VpcId": *vpc.Vpc.VpcId, "SubnetIds": *subnet.Subnet.SubnetId,
		"RunnerProfile": "hardened", "ImdsMode": "off", "SSHAllowed": "true", "SshCidr": "203.0.113.0/24", "SshKeys": sshKey,
	}
}

// remove deletes the stack. The record is kept, and nothing else, such as the queue.
func (a *account) remove() {
	a.t.Helper()
	_, err := cloudformation.NewFromConfig(a.config).DeleteStack(a.t.Context(), &cloudformation.DeleteStackInput{StackName: &a.name})
	a.must(err)
	if _, err := dynamodb.NewFromConfig(a.config).DescribeTable(a.t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(a.given["Record"])}); err != nil {
		a.t.Errorf("the record, after the stack is gone: got %v, want it kept", err)
	}
	if _, err := sqs.NewFromConfig(a.config).GetQueueAttributes(a.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(a.given["Queue"])}); err == nil {
		a.t.Error("the queue, after the stack is gone: got one, want none")
	}
}
