package instance_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

const none = `<fleetId>fleet-1</fleetId>`

// flat is a request as EC2 reads it, without what is the same in all.
func flat(sent url.Values) map[string]string {
	all := map[string]string{}
	for key := range sent {
		all[key] = sent.Get(key)
	}
	delete(all, "Version")
	return all
}

func TestAFleetCallIsAllOfTheRequest(t *testing.T) {
	w := newWire("CreateFleet", ok(none))
	r := request(3)
	r.Offerings = []runner.Offering{offering("m7a.large", "b"), offering("c7a.large", "a")}
	if _, err := w.fleet(t).Launch(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Action": "CreateFleet", "ClientToken": "token", "Type": "instant",
		"TargetCapacitySpecification.TotalTargetCapacity": "3", "TargetCapacitySpecification.DefaultTargetCapacityType": "spot",
		"SpotOptions.AllocationStrategy":                                       "price-capacity-optimized",
		"LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId": "lt-1",
		"LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version":          "7",
		"TagSpecification.1.ResourceType":                                      "fleet", "TagSpecification.2.ResourceType": "instance",
	}
	for _, kind := range []string{"1", "2"} {
		want["TagSpecification."+kind+".Tag.1.Key"], want["TagSpecification."+kind+".Tag.1.Value"] = "mayfly-stack", "ci"
		want["TagSpecification."+kind+".Tag.2.Key"], want["TagSpecification."+kind+".Tag.2.Value"] = "mayfly-launch", "abc"
	}
	for n, pool := range map[string][2]string{"1": {"m7a.large", "subnet-b"}, "2": {"c7a.large", "subnet-a"}} {
		override := "LaunchTemplateConfigs.1.Overrides." + n + "."
		want[override+"InstanceType"], want[override+"SubnetId"], want[override+"ImageId"] = pool[0], pool[1], "ami-1"
		root := override + "BlockDeviceMapping.1."
		want[root+"DeviceName"], want[root+"Ebs.Encrypted"], want[root+"Ebs.DeleteOnTermination"] = "/dev/sda1", "true", "true"
		want[root+"Ebs.VolumeSize"], want[root+"Ebs.VolumeType"] = "40", "gp3"
	}
	if diff := cmp.Diff(want, flat(w.sent("CreateFleet")[0])); diff != "" {
		t.Errorf("the call, want - got +:\n%s", diff)
	}
}

func TestWhatAShapeChangesOfItsCall(t *testing.T) {
	const override = "LaunchTemplateConfigs.1.Overrides.3."
	for name, test := range map[string]struct {
		change func(*runner.Shape)
		want   map[string]string // empty: not in the call
	}{
		"on demand": {
			func(s *runner.Shape) { *s = s.OnDemand() },
			map[string]string{"TargetCapacitySpecification.DefaultTargetCapacityType": "on-demand", "OnDemandOptions.AllocationStrategy": "lowest-price", "SpotOptions.AllocationStrategy": ""},
		},
		"types in order": {
			func(s *runner.Shape) { s.Strategy = "capacity-optimized-prioritized" },
			map[string]string{"SpotOptions.AllocationStrategy": "capacity-optimized-prioritized", override + "InstanceType": "c7a.large", override + "Priority": "1", "LaunchTemplateConfigs.1.Overrides.1.Priority": "0"},
		},
		"no order": {func(*runner.Shape) {}, map[string]string{override + "Priority": ""}},
		"a fast volume": {
			func(s *runner.Shape) { s.RootVolume = runner.Volume{GiB: 80, Type: "gp3", IOPS: 4000, Throughput: 750} },
			map[string]string{override + "BlockDeviceMapping.1.Ebs.VolumeSize": "80", override + "BlockDeviceMapping.1.Ebs.Iops": "4000", override + "BlockDeviceMapping.1.Ebs.Throughput": "750"},
		},
		"a volume smaller than the image": {
			func(s *runner.Shape) { s.RootVolume = runner.Volume{GiB: 8} },
			map[string]string{override + "BlockDeviceMapping.1.Ebs.VolumeSize": "30", override + "BlockDeviceMapping.1.Ebs.VolumeType": "gp3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWire("CreateFleet", ok(none)), request(1)
			test.change(&r.Shape)
			r.Offerings = r.Shape.Offerings()
			if _, err := w.fleet(t).Launch(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			sent := flat(w.sent("CreateFleet")[0])
			for key, want := range test.want {
				if got := sent[key]; got != want {
					t.Errorf("%s: got %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestALaunchThatCannotBeIsNotCalled(t *testing.T) {
	for name, change := range map[string]func(*runner.LaunchRequest){
		"no instances":       func(r *runner.LaunchRequest) { r.Count = 0 },
		"no offerings":       func(r *runner.LaunchRequest) { r.Offerings = nil },
		"no token":           func(r *runner.LaunchRequest) { r.ClientToken = "" },
		"another stack":      func(r *runner.LaunchRequest) { r.Stack = "other" },
		"no template":        func(r *runner.LaunchRequest) { r.Shape.Arch = runner.ARM64 },
		"no subnet":          func(r *runner.LaunchRequest) { r.Offerings = []runner.Offering{offering("m7a.large", "c")} },
		"no image":           func(r *runner.LaunchRequest) { r.Shape.Image = "ami-none" },
		"an image elsewhere": func(r *runner.LaunchRequest) { r.Shape.Image = "ami-arm" },
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWire("CreateFleet", ok(none)), request(1)
			change(&r)
			switch r.Shape.Image {
			case "ami-none":
				w.scripts["DescribeImages"] = []answer{ok("")}
			case "ami-arm":
				w.scripts["DescribeImages"] = []answer{ok(`<imagesSet><item><imageId>ami-arm</imageId><architecture>arm64</architecture><rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet>`)}
			}
			_, err := w.fleet(t).Launch(t.Context(), r)
			wantLaunchError(t, err, runner.BadRequest, "")
			if got := len(w.sent("CreateFleet")); got != 0 {
				t.Errorf("fleet calls: got %d, want none", got)
			}
		})
	}
}

// wantLaunchError checks the error of a call; an empty code is any.
func wantLaunchError(t *testing.T, err error, class runner.LaunchErrorClass, code string) {
	t.Helper()
	var got *runner.LaunchError
	if !errors.As(err, &got) {
		t.Fatalf("error: got %v, want a LaunchError", err)
	}
	if got.Class != class || code != "" && got.Code != code {
		t.Errorf("error: got class %s, code %s, want %s, %s", got.Class, got.Code, class, code)
	}
}

// The image there is belongs to 123456789012, which is trusted. Not everybody who is trusted is to be named by a label.
func TestAnImageIsLaunchedForAnAllowedOwnerAlone(t *testing.T) {
	for name, test := range map[string]struct {
		owners []string
		found  answer
		code   string // empty: it is launched
	}{
		"anybody who is trusted":        {nil, ok(ubuntu), ""},
		"its owner":                     {[]string{"999999999999", "123456789012"}, ok(ubuntu), ""},
		"another account":               {[]string{"999999999999"}, ok(ubuntu), runner.ImageNotAllowed},
		"nobody's, or a stranger's":     {[]string{"999999999999"}, ok(""), runner.ImageNotAllowed},
		"nobody's, and anybody's would": {nil, ok(""), "InvalidAMIID.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := newWire("CreateFleet", ok(none)), request(1)
			w.scripts["DescribeImages"] = []answer{test.found}
			r.Shape.ImageOwners = test.owners
			_, err := w.fleet(t).Launch(t.Context(), r)
			if test.code != "" {
				wantLaunchError(t, err, runner.BadRequest, test.code)
			} else if err != nil {
				t.Error(err)
			}
			if got, want := len(w.sent("CreateFleet")) == 1, test.code == ""; got != want {
				t.Errorf("launched: got %v, want %v", got, want)
			}
		})
	}
}

func TestAnErrorOfAFleetCallIsClassified(t *testing.T) {
	for _, test := range []struct {
		answer answer
		class  runner.LaunchErrorClass
		code   string
	}{
		{refusal(503, "RequestLimitExceeded"), runner.Throttled, "RequestLimitExceeded"},
		{refusal(400, "InsufficientInstanceCapacity"), runner.NoCapacity, "InsufficientInstanceCapacity"},
		{refusal(400, "VcpuLimitExceeded"), runner.Quota, "VcpuLimitExceeded"},
		{refusal(400, "MaxSpotInstanceCountExceeded"), runner.Quota, "MaxSpotInstanceCountExceeded"},
		{refusal(403, "UnauthorizedOperation"), runner.Denied, "UnauthorizedOperation"},
		{refusal(400, "RequestExpired"), runner.Denied, "RequestExpired"},
		{refusal(400, "InvalidSubnetID.NotFound"), runner.BadRequest, "InvalidSubnetID.NotFound"},
		{refusal(400, "InvalidFleetConfig"), runner.BadRequest, "InvalidFleetConfig"},
		{refusal(400, "IdempotentParameterMismatch"), runner.BadRequest, runner.RepeatDiffers},
		{refusal(400, "NeverHeardOf"), runner.BadRequest, "NeverHeardOf"},
		{refusal(500, "InternalError"), runner.UnknownOutcome, "InternalError"},
		{refusal(500, "NeverHeardOf"), runner.UnknownOutcome, "NeverHeardOf"},
		{answer{502, "<html>Bad Gateway"}, runner.UnknownOutcome, ""},
		{answer{200, "</cut"}, runner.UnknownOutcome, "RequestError"},
		{answer{}, runner.UnknownOutcome, "RequestError"},
	} {
		t.Run(test.code, func(t *testing.T) {
			w := newWire("CreateFleet", test.answer)
			_, err := w.fleet(t).Launch(t.Context(), request(1))
			wantLaunchError(t, err, test.class, test.code)
			if got, want := len(w.sent("CreateFleet")), 1; got != want {
				t.Errorf("calls: got %d, want %d: the server decides about another", got, want)
			}
		})
	}
}

func TestALaunchThatDoesNotKnowItsImageYetIsCalledLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire("CreateFleet", ok(none))
		w.scripts["DescribeImages"] = []answer{refusal(503, "RequestLimitExceeded")}
		_, err := w.fleet(t).Launch(t.Context(), request(1))
		wantLaunchError(t, err, runner.Throttled, "RequestLimitExceeded")
	})
}

func TestACallIsGivenUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := newWire("CreateFleet", answer{status: hangs}).fleet(t).Launch(t.Context(), request(1))
		wantLaunchError(t, err, runner.UnknownOutcome, "RequestCanceled")
		_, err = newWire("DescribeInstances", answer{status: hangs}).fleet(t).Describe(t.Context(), runner.Query{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("describe: got %v, want a deadline exceeded", err)
		}
		if got, want := time.Since(start), 2*instance.Timeout; got != want {
			t.Errorf("both took %v, want %v", got, want)
		}
	})
}

func TestARepeatIsTheSameToTheLetter(t *testing.T) {
	w := newWire("CreateFleet", answer{}, ok(none))
	for range 2 { // a server that crashed, and the one after it
		_, _ = w.fleet(t).Launch(t.Context(), request(2))
	}
	sent := w.sent("CreateFleet")
	if diff := cmp.Diff(sent[0], sent[1]); diff != "" || len(sent) != 2 {
		t.Errorf("%d calls, first - second +:\n%s", len(sent), diff)
	}
}

func TestTheImageIsReadOnce(t *testing.T) {
	w := newWire("CreateFleet", ok(none))
	fleet := w.fleet(t)
	for range 3 {
		if _, err := fleet.Launch(t.Context(), request(1)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := len(w.sent("DescribeImages")), 1; got != want {
		t.Errorf("DescribeImages: got %d calls, want %d", got, want)
	}
	if got, want := w.sent("DescribeImages")[0]["Owner.1"], "self"; len(got) != 1 || got[0] != want {
		t.Errorf("owner: got %v, want %s", got, want)
	}
}
