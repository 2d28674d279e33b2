//go:build aws

package instance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

func TestLookAroundCountsWhatARegionHas(t *testing.T) {
	account := awstest.Config(t)
	account.Region = "eu-central-1" // which no other test uses
	var calls awstest.Calls
	before, err := instance.LookAround(t.Context(), calls.Counted(account))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"eu-central-1a", "eu-central-1b", "eu-central-1c"}, before.Zones); diff != "" {
		t.Errorf("zones (-want +got):\n%s", diff)
	}
	api := ec2.NewFromConfig(account)
	if _, err := api.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}); err != nil {
		t.Fatal(err)
	}
	after, err := instance.LookAround(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	if after.Addresses != before.Addresses+1 || after.VPCs != before.VPCs+1 {
		t.Errorf("got %+v after %+v, want one address and one VPC more", after, before)
	}
	calls.Check(t, instance.RegionOperations())
}
