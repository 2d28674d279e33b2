package labels_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/labels"
)

func TestASlipOfThePenIsToldAndDoesNothing(t *testing.T) {
	for text, meant := range map[string]string{
		"mayfly/familly=m7a": "family", "mayfly/famly=m7a": "family", "mayfly/fmaily=m7a": "family",
		"mayfly/FAMILLY=m7a": "family", "mayfly/cpus=4": "cpu", "mayfly/cpi=4": "cpu", "mayfly/pcu=4": "cpu", "mayfly/rams=16": "ram",
		"mayfly/rma=16": "ram", "mayfly/runer=x": "runner", "mayfly/runners=x": "runner", "mayfly/sport=false": "spot",
		"mayfly/sopt=false": "spot", "mayfly/volumes=80gb": "volume", "mayfly/vollume=80gb": "volume", "mayfly/imgae=x": "image",
		"mayfly/images=x": "image", "mayfly/amis=x": "ami", "mayfly/reigon=x": "region", "mayfly/privat=true": "private",
		"mayfly/retyr=false": "retry", "mayfly/sssh=true": "ssh", "mayfly/extra=efs": "extras", "mayfly/nested_virt=true": "nested-virt",
		"mayfly/stickey=x": "sticky", "mayfly|familly=m7a": "family", "mayfly|/cpu=4": "cpu", "mayfly/preinstal=x": "preinstall",
	} {
		job := strings.Split(text, "|")
		got, err := labels.Parse(job)
		if err != nil {
			t.Errorf("Parse(%q): %v, want a job that runs all the same", job, err)
			continue
		}
		if len(got.Unknown) != 1 || got.Unknown[0].Meant != meant {
			t.Errorf("Parse(%q): got slips %+v, want one for %s", job, got.Unknown, meant)
		}
		got.Unknown = nil
		if diff := cmp.Diff(plain, got); diff != "" {
			t.Errorf("Parse(%q): it did something (-want +got):\n%s", job, diff)
		}
	}
}

func TestWhatTellsJobsApartIsNoSlipOfThePen(t *testing.T) {
	for key := range strings.FieldsSeq("tag run-id run_id matrix-index comment attempt job matrix index run-attempt name sha ref pr branch " +
		"os arch key run shard step workflow uid uuid github node-version python go rust target platform build test x y id2 ab " +
		"job-name concurrency group timestamp date version suite package module") {
		got, err := labels.Parse([]string{"mayfly=7/" + key + "=1"})
		if err != nil || len(got.Unknown) != 0 {
			t.Errorf("%s: got slips %+v and error %v, want none", key, got.Unknown, err)
		}
	}
	// A word without a value is a name for the job, however it looks.
	if got, err := labels.Parse([]string{"mayfly=7/imager/spots"}); err != nil || len(got.Unknown) != 0 {
		t.Errorf("words: got slips %+v and error %v, want none", got.Unknown, err)
	}
}

func TestAFewSlipsAreToldInOrderAndOnce(t *testing.T) {
	got, err := labels.Parse([]string{"mayfly/volumes=a/cpus=4/cpus=4/amis=a/rams=1", "extra=a", "familly=b", "spott=c"})
	want := []labels.Unknown{{Key: "amis", Meant: "ami"}, {Key: "cpus", Meant: "cpu"}, {Key: "extra", Meant: "extras"}, {Key: "familly", Meant: "family"}, {Key: "rams", Meant: "ram"}}
	if diff := cmp.Diff(want, got.Unknown); err != nil || diff != "" {
		t.Errorf("got error %v and (-want +got):\n%s", err, diff)
	}
}
