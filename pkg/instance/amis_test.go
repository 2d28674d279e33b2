package instance_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/instance"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func (w *wire) amis() *instance.AMIs { return instance.NewAMIs(w.account()) }

// checkSent fails unless the only request of an operation has these fields.
func (w *wire) checkSent(t *testing.T, operation string, want map[string]string) {
	t.Helper()
	requests := w.sent(operation)
	if len(requests) != 1 {
		t.Fatalf("%s: got %d requests, want 1", operation, len(requests))
	}
	sent := flat(requests[0])
	for key, want := range want {
		if got := sent[key]; got != want {
			t.Errorf("%s: %s: got %q, want %q", operation, key, got, want)
		}
	}
}

func TestAnAMIIsToldWithItsTags(t *testing.T) {
	w := newWire("DescribeImages", imageSet(
		`<imageId>ami-old</imageId><creationDate>2026-10-01T00:00:00.000Z</creationDate>`,
		`<imageId>ami-new</imageId><name>mayfly-1</name><architecture>x86_64</architecture><creationDate>2026-11-01T00:00:00.000Z</creationDate>
			<deprecationTime>2026-12-01T00:00:00.000Z</deprecationTime>
			<tagSet><item><key>mayfly:image</key><value>ubuntu24-minimal-x64</value></item></tagSet>`,
	))
	got, err := w.amis().Tagged(t.Context(), "mayfly:image")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].ID != "ami-new" || got[0].Arch != runner.X64 || !got[0].Deprecated.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("got %+v, want ami-new before ami-old", got)
	}
	if diff := cmp.Diff(map[string]string{"mayfly:image": "ubuntu24-minimal-x64"}, got[0].Tags); diff != "" {
		t.Errorf("its tags (-want +got):\n%s", diff)
	}
	w.checkSent(t, "DescribeImages", map[string]string{
		"Owner.1": "self", "Filter.1.Name": "tag-key", "Filter.1.Value.1": "mayfly:image", "Filter.2.Value.1": "available", "IncludeDeprecated": "true",
	})
}

func TestTheSourceOfAnImageIsOfAnOwnerUnlessItIsAnId(t *testing.T) {
	for name, test := range map[string]struct {
		owner, source string
		want          map[string]string
	}{
		"an id":  {"", "ami-1", map[string]string{"Owner.1": "", "Filter.1.Name": "image-id", "Filter.1.Value.1": "ami-1"}},
		"a name": {"099720109477", "ubuntu/*", map[string]string{"Owner.1": "099720109477", "Filter.1.Name": "name", "Filter.1.Value.1": "ubuntu/*"}},
	} {
		w := newWire("")
		got, err := w.amis().Source(t.Context(), test.owner, test.source)
		if err != nil || got.ID != "ami-1" {
			t.Errorf("%s: got %s, %v", name, got.ID, err)
		}
		w.checkSent(t, "DescribeImages", test.want)
	}
	if _, err := newWire("DescribeImages", ok("")).amis().Source(t.Context(), "self", "x"); !errors.Is(err, instance.ErrNoImage) {
		t.Errorf("none: got %v", err)
	}
}

func TestAnImageIsRemovedWithItsSnapshotsAndDeprecatedAtAMoment(t *testing.T) {
	w := newWire("DeregisterImage", ok("<return>true</return>"))
	w.scripts["EnableImageDeprecation"] = []answer{ok("<return>true</return>")}
	if err := w.amis().Remove(t.Context(), "ami-1"); err != nil {
		t.Error(err)
	}
	w.checkSent(t, "DeregisterImage", map[string]string{"ImageId": "ami-1", "DeleteAssociatedSnapshots": "true"})
	if err := w.amis().Deprecate(t.Context(), "ami-1", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Error(err)
	}
	w.checkSent(t, "EnableImageDeprecation", map[string]string{"ImageId": "ami-1", "DeprecateAt": "2026-12-01T00:00:00Z"})
}

func TestATestBootHasNoRoleNoKeyAndEndsItself(t *testing.T) {
	w := newWire("RunInstances", ok("<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>"))
	id, err := w.amis().Boot(t.Context(), instance.TestBoot{Image: "ami-1", Type: "m7a.large", Subnet: "subnet-1", UserData: []byte("{}"), WorkGiB: 10})
	if err != nil || id != "i-1" {
		t.Fatalf("got %q, %v", id, err)
	}
	w.checkSent(t, "RunInstances", map[string]string{
		"ImageId": "ami-1", "InstanceType": "m7a.large", "SubnetId": "subnet-1", "MinCount": "1", "MaxCount": "1", "UserData": "e30=",
		"InstanceInitiatedShutdownBehavior": "terminate", "MetadataOptions.HttpTokens": "required", "MetadataOptions.HttpPutResponseHopLimit": "1",
		"BlockDeviceMapping.1.DeviceName": "/dev/sdf", "BlockDeviceMapping.1.Ebs.Encrypted": "true", "BlockDeviceMapping.1.Ebs.VolumeSize": "10",
		"TagSpecification.1.ResourceType": "instance", "TagSpecification.1.Tag.2.Key": instance.TagTestBoot, "TagSpecification.1.Tag.2.Value": "ami-1",
		"TagSpecification.2.ResourceType": "volume", "TagSpecification.3.ResourceType": "network-interface",
		"KeyName": "", "IamInstanceProfile.Arn": "", "IamInstanceProfile.Name": "",
	})
}

func TestAConsoleIsTheLatestThatEC2Has(t *testing.T) {
	said := ok("<output>" + base64.StdEncoding.EncodeToString([]byte("a line\n")) + "</output>")
	for name, test := range map[string]struct {
		script  []answer
		want    string
		calls   int
		refused string
	}{
		"of one that runs":     {[]answer{said}, "a line\n", 1, ""},
		"of one that does not": {[]answer{refusal(http.StatusBadRequest, "UnsupportedOperation"), said}, "a line\n", 2, ""},
		"of one that is new":   {[]answer{ok("")}, "", 1, ""},
		"of none":              {[]answer{refusal(http.StatusBadRequest, "InvalidInstanceID.NotFound")}, "", 1, "InvalidInstanceID.NotFound"},
	} {
		w := newWire("GetConsoleOutput", test.script...)
		got, err := w.amis().Console(t.Context(), "i-1")
		if got != test.want || len(w.sent("GetConsoleOutput")) != test.calls || (err == nil) != (test.refused == "") {
			t.Errorf("%s: got %q, %v in %d calls", name, got, err, len(w.sent("GetConsoleOutput")))
		}
		if test.refused != "" {
			checkSays(t, name, err, test.refused)
		}
	}
}

func TestAnImageIsInUseWhileAnInstanceMayRunAgain(t *testing.T) {
	w := newWire("DescribeInstances", ok(`<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-2</imageId></item></instancesSet></item></reservationSet>`))
	got, err := w.amis().InUse(t.Context(), []string{"ami-1", "ami-2"})
	if diff := cmp.Diff(map[string]bool{"ami-2": true}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	w.checkSent(t, "DescribeInstances", map[string]string{
		"Filter.1.Name": "image-id", "Filter.1.Value.1": "ami-1", "Filter.1.Value.2": "ami-2",
		"Filter.2.Name": "instance-state-name", "Filter.2.Value.1": "pending", "Filter.2.Value.2": "running", "Filter.2.Value.3": "stopping", "Filter.2.Value.4": "stopped",
	})
	if got, err := newWire("").amis().InUse(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("of none: got %v, %v", got, err)
	}
}
