//go:build aws

package instance_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// What moto cannot, deprecate an image, is tested on the wire alone.
func TestAnImageLivesItsLife(t *testing.T) {
	var calls awstest.Calls
	account := calls.Counted(awstest.Config(t))
	amis, tag := instance.NewAMIs(account), awstest.Unique("mayfly:test")
	registered, err := ec2.NewFromConfig(awstest.Config(t)).RegisterImage(t.Context(), &ec2.RegisterImageInput{Name: aws.String(tag)})
	if err != nil {
		t.Fatal(err)
	}
	id := *registered.ImageId
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tagged := func() (ids []string) {
		t.Helper()
		all, err := amis.Tagged(t.Context(), tag)
		must(err)
		for _, ami := range all {
			ids = append(ids, ami.ID+" "+ami.Tags[tag])
		}
		return ids
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, tagged()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	expect("new")
	must(amis.Tag(t.Context(), id, map[string]string{tag: "a", "other": "b"}))
	expect("tagged", id+" a")

	booted, err := amis.Boot(t.Context(), instance.TestBoot{Image: id, Type: "m7a.large", UserData: []byte("{}")})
	must(err)
	used, err := amis.InUse(t.Context(), []string{id})
	must(err)
	if !used[id] {
		t.Error("an instance boots it, and it is not in use")
	}
	_, err = amis.Console(t.Context(), booted)
	must(err)
	must(amis.EndBoot(t.Context(), booted))
	if used, err = amis.InUse(t.Context(), []string{id}); err != nil || used[id] {
		t.Errorf("its instance has ended: got in use %v, %v", used[id], err)
	}

	must(amis.Untag(t.Context(), id, tag))
	expect("untagged")
	must(amis.Tag(t.Context(), id, map[string]string{tag: "c"}))
	must(amis.Remove(t.Context(), id))
	expect("removed")
	_ = amis.Deprecate(t.Context(), id, time.Now().Add(time.Hour)) // moto has no answer
	calls.Check(t, instance.AMIOperations())
}
