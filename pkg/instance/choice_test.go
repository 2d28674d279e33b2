package instance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/catalog"
	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const threeSubnets = `<subnetSet>
	<item><subnetId>subnet-small</subnetId><availabilityZone>eu-west-1a</availabilityZone><availableIpAddressCount>10</availableIpAddressCount></item>
	<item><subnetId>subnet-b</subnetId><availabilityZone>eu-west-1b</availabilityZone><availableIpAddressCount>900</availableIpAddressCount></item>
	<item><subnetId>subnet-a</subnetId><availabilityZone>eu-west-1a</availabilityZone><availableIpAddressCount>200</availableIpAddressCount></item>
</subnetSet>`

func TestEachZoneHasTheSubnetWithTheMostRoom(t *testing.T) {
	fleet := newWire("DescribeSubnets", ok(threeSubnets)).fleet(t)
	got, err := fleet.Subnets(t.Context(), []string{"subnet-a", "subnet-b", "subnet-small"})
	if err != nil {
		t.Fatal(err)
	}
	want := []runner.Subnet{{ID: "subnet-b", Zone: "eu-west-1b"}, {ID: "subnet-a", Zone: "eu-west-1a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subnets, want - got +:\n%s", diff)
	}
	_, err = fleet.Subnets(t.Context(), []string{"subnet-a", "subnet-gone"})
	checkSays(t, "one that is not there", err, "does not know subnet-gone")
}

func typeItem(name, arch, vcpus, mib string) string {
	return `<item><instanceType>` + name + `</instanceType><processorInfo><supportedArchitectures>` + arch + `</supportedArchitectures></processorInfo>
		<vCpuInfo><defaultVCpus>` + vcpus + `</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>` + mib + `</sizeInMiB></memoryInfo></item>`
}

func TestTheTypesOfARegionAreReadToTheLastPage(t *testing.T) {
	w := newWire("DescribeInstanceTypes",
		ok("<instanceTypeSet>"+typeItem("m7a.large", "<item>i386</item><item>x86_64</item>", "2", "8192")+typeItem("mac1", "<item>x86_64_mac</item>", "12", "32768")+"</instanceTypeSet><nextToken>more</nextToken>"),
		ok("<instanceTypeSet>"+typeItem("c7g.xlarge", "<item>arm64</item>", "4", "8192")+"<item><instanceType>odd</instanceType></item></instanceTypeSet>"))
	got, err := w.fleet(t).Types(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []catalog.Type{
		{Name: "m7a.large", Arch: runner.X64, VCPU: 2, MemoryMiB: 8192},
		{Name: "c7g.xlarge", Arch: runner.ARM64, VCPU: 4, MemoryMiB: 8192},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types, want - got +:\n%s", diff)
	}
}

func TestNoOtherOperationIsCalled(t *testing.T) {
	w := newWire("CreateFleet", ok(none))
	for _, operation := range []string{"DescribeInstances", "TerminateInstances", "DescribeInstanceTypes"} {
		w.scripts[operation] = []answer{ok("")}
	}
	w.scripts["DescribeSubnets"] = []answer{ok(threeSubnets)}
	var calls awstest.Calls
	fleet, err := instance.New(calls.Counted(w.account()), config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, launched := fleet.Launch(ctx, request(1))
	_, described := fleet.Describe(ctx, runner.Query{})
	_, subnets := fleet.Subnets(ctx, []string{"subnet-a"})
	_, types := fleet.Types(ctx)
	_, newest := fleet.Named(ctx, "self", "ubuntu24")
	for what, err := range map[string]error{
		"launch": launched, "describe": described, "subnets": subnets, "types": types, "newest": newest,
		"terminate": fleet.Terminate(ctx, []string{"i-1"}),
	} {
		if err != nil {
			t.Errorf("%s: got %v, want no error", what, err)
		}
	}
	calls.Check(t, instance.Operations())
}
