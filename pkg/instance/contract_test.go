//go:build aws

package instance_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/instance/instancetest"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// Among moto's own images are Canonical's; those that are made on it have no architecture.
const (
	canonical = "099720109477"
	ubuntu16  = "ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-amd64-*"
)

// moto is a network and a launch template on moto's server, as a stack has them.
type moto struct {
	account   aws.Config
	subnetIDs []string
	template  string
}

func newMoto(t *testing.T) moto {
	t.Helper()
	account := awstest.Config(t)
	api, m := ec2.NewFromConfig(account), moto{account: account}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	vpc, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.7.0.0/16")})
	must(err)
	for n, block := range []string{"10.7.0.0/24", "10.7.2.0/23", "10.7.4.0/22"} {
		zone := "us-east-1" + []string{"a", "a", "b"}[n]
		subnet, err := api.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: &block, AvailabilityZone: &zone})
		must(err)
		m.subnetIDs = append(m.subnetIDs, *subnet.Subnet.SubnetId)
	}
	template, err := api.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(awstest.Unique("runners")),
		LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: aws.String("e30=")},
	})
	must(err)
	m.template = *template.LaunchTemplate.LaunchTemplateId
	return m
}

func (m moto) fleet(t *testing.T, stack string) *instance.Fleet {
	t.Helper()
	fleet, err := instance.New(m.account, instance.Config{
		Stack: stack, Templates: map[runner.Arch]instance.Template{runner.X64: {ID: m.template, Version: "1"}}, Owners: []string{canonical},
	})
	if err != nil {
		t.Fatal(err)
	}
	return fleet
}

// shape is what a stack makes of what it finds.
func (m moto) shape(t *testing.T, fleet *instance.Fleet) runner.Shape {
	t.Helper()
	subnets, err := fleet.Subnets(t.Context(), m.subnetIDs)
	if err != nil {
		t.Fatal(err)
	}
	images, err := fleet.Named(t.Context(), canonical, ubuntu16)
	if err != nil {
		t.Fatal(err)
	}
	image := images[0]
	return runner.Shape{
		Image: image.ID, Arch: image.Arch, Types: []string{"m7a.large", "c7a.large"}, Subnets: subnets, RootVolume: runner.Volume{GiB: 40, Type: "gp3"},
	}
}

func (m moto) world(t *testing.T) instancetest.World {
	t.Helper()
	stack := awstest.Unique("ci")
	fleet := m.fleet(t, stack)
	shape := m.shape(t, fleet)
	requestOf := func(launch string, count int, capacity runner.CapacityType) runner.LaunchRequest {
		r := runner.LaunchRequest{Launch: launch, Stack: stack, ClientToken: runner.ClientToken(stack, launch, 1, capacity), Shape: shape, Count: count}
		r.Shape.Capacity, r.Shape.Strategy = runner.Spot, "price-capacity-optimized"
		if capacity == runner.OnDemand {
			r.Shape = r.Shape.OnDemand()
		}
		r.Offerings = r.Shape.Offerings()
		return r
	}
	return instancetest.World{Fleet: fleet, Request: requestOf, Stranger: func(t *testing.T) string {
		other := requestOf("stranger", 1, runner.OnDemand)
		other.Stack = awstest.Unique("other")
		result, err := m.fleet(t, other.Stack).Launch(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		return result.Instances[0].ID
	}}
}

func TestAFleetKeepsItsContract(t *testing.T) {
	m := newMoto(t)
	instancetest.Contract(t, m.world)
}

// What is promoted is launched from the next look on, and so is what is promoted again.
func TestToPromoteAnImageIsToTagIt(t *testing.T) {
	m := newMoto(t)
	api, fleet, name := ec2.NewFromConfig(m.account), m.fleet(t, "ci"), awstest.Unique("mayfly-ubuntu24")
	ids := map[string]string{}
	for _, build := range []string{"1", "2", "3"} {
		made, err := api.RegisterImage(t.Context(), &ec2.RegisterImageInput{
			Name: aws.String(name + "-" + build), Architecture: types.ArchitectureValuesArm64, RootDeviceName: aws.String("/dev/sda1"),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[*made.ImageId] = build
		tag(t, api, *made.ImageId, runner.TagImage, "ubuntu24-minimal-arm64")
	}
	wants := func(when, want string) {
		t.Helper()
		line, err := fleet.Named(t.Context(), "self", name+"-*")
		var builds strings.Builder
		for _, image := range line {
			builds.WriteString(ids[image.ID])
		}
		if got := builds.String(); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got builds %q, error %v, want %q", when, got, err, want)
		}
	}
	wants("none was promoted", "")
	for n, step := range []struct{ build, want string }{{"1", "1"}, {"2", "21"}, {"1", "12"}, {"3", "312"}} {
		for id, build := range ids {
			if build == step.build {
				tag(t, api, id, runner.TagPromoted, fmt.Sprintf("2026-11-0%dT10:00:00Z", n+1))
			}
		}
		wants("build "+step.build+" is promoted", step.want)
	}
}

func tag(t *testing.T, api *ec2.Client, id, key, value string) {
	t.Helper()
	_, err := api.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: &key, Value: &value}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatAStackChoosesFromIsFound(t *testing.T) {
	m := newMoto(t)
	fleet := m.fleet(t, "ci")
	shape := m.shape(t, fleet)
	if got, want := fmt.Sprint(shape.Subnets), fmt.Sprint([]runner.Subnet{{ID: m.subnetIDs[2], Zone: "us-east-1b"}, {ID: m.subnetIDs[1], Zone: "us-east-1a"}}); got != want {
		t.Errorf("subnets: got %s, want %s", got, want)
	}
	if images, err := fleet.Named(t.Context(), "self", ubuntu16); !errors.Is(err, instance.ErrNoImage) {
		t.Errorf("another's image: got %v, %v, want none", images, err)
	}
	_, err := fleet.Subnets(t.Context(), []string{"subnet-gone"})
	checkSays(t, "a subnet that is not there", err, "subnet-gone")
	offered, err := fleet.Types(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, one := range offered {
		found[one.Name] = true
	}
	if !found["m7a.large"] || !found["m7g.large"] || found["m6id.large"] || found["m5.metal"] {
		t.Errorf("types: got %d of them, want m7a.large and m7g.large, and none with a disk or of bare metal", len(offered))
	}
}
