package localhub_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

const orgToken = `{"permissions":{"organization_self_hosted_runners":"write"}}`

// groupIDs are an organisation's runner groups that take the jobs of a repository, or all, by name.
func (w *world) groupIDs(visibleTo string) map[string]int64 {
	w.t.Helper()
	status, _, answer := w.call("GET", "/orgs/Mayfly-CI/actions/runner-groups?visible_to_repository="+visibleTo, w.token(orgToken), "")
	if status != 200 {
		w.t.Fatalf("got %d %v, want 200", status, answer)
	}
	ids := map[string]int64{}
	for _, listed := range answer["runner_groups"].([]any) {
		group := listed.(map[string]any)
		ids[group["name"].(string)] = int64(group["id"].(float64))
	}
	return ids
}

func TestARunnerOfAGroupGetsTheJobsOfItsRepositoriesAlone(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		w.hub.Install("mayfly-ci/other")
		w.hub.Install("stranger/sample")
		w.hub.Group("mayfly-ci", "some", "Mayfly-CI/other")
		id := w.groupIDs("")["some"]
		body := fmt.Sprintf(`{"name":"mf-1","runner_group_id":%d,"labels":["a"]}`, id)
		status, _, answer := w.call("POST", "/orgs/mayfly-ci/actions/runners/generate-jitconfig", w.token(orgToken), body)
		if status != 201 {
			t.Fatalf("got %d %v, want 201", status, answer)
		}
		w.run(w.t.Context(), answer["encoded_jit_config"].(string), localhub.Success)
		synctest.Wait()
		for _, repository := range []string{sample, "stranger/sample", "mayfly-ci/other"} {
			w.hub.Queue(repository, localhub.Job{Name: repository, Labels: []string{"a"}})
		}
		for _, job := range w.hub.Books().Jobs {
			if took := job.RunnerName == "mf-1"; took != (job.Repository == "mayfly-ci/other") {
				t.Errorf("the job of %s: taken %t", job.Repository, took)
			}
		}
	})
}

func TestWhichGroupsARepositoryMayUse(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		w.hub.Install("mayfly-ci/open")
		w.hub.Share("mayfly-ci/open", true)
		w.hub.Group("mayfly-ci", "all")
		w.hub.Group("mayfly-ci", "one", sample)
		w.hub.Group("stranger", "theirs")
		for repository, want := range map[string]int{"": 3, "sample": 3, "open": 0, "other": 0} {
			if got := w.groupIDs(repository); len(got) != want {
				t.Errorf("%q: got %v, want %d", repository, got, want)
			}
		}
		w.hub.Ungroup("mayfly-ci", "one")
		if got := w.groupIDs("sample"); len(got) != 2 {
			t.Errorf("one deleted: got %v, want 2", got)
		}
	})
}

func TestAnOrganisationsRunnersTakeItsOwnPermission(t *testing.T) {
	inWorld(t, localhub.Config{}, func(w *world) {
		narrow, wrong := w.token(orgToken), w.token(`{"permissions":{"administration":"write"}}`)
		for _, test := range []struct {
			token, method, path string
			want                int
		}{
			{narrow, "GET", "/orgs/mayfly-ci/actions/runners", 200},
			{wrong, "GET", "/orgs/mayfly-ci/actions/runners", 403},
			{narrow, "GET", "/orgs/stranger/actions/runners", 404},
			{narrow, "GET", "/repos/" + sample + "/actions/runners", 403},
			{narrow, "DELETE", "/orgs/mayfly-ci/actions/runners/1", 404},
			{narrow, "POST", "/orgs/mayfly-ci/actions/runners/generate-jitconfig", 404}, // no such group
		} {
			body := `{"name":"mf-1","runner_group_id":77,"labels":["a"]}`
			if got, _, answer := w.call(test.method, test.path, test.token, body); got != test.want {
				t.Errorf("%s %s: got %d %v, want %d", test.method, test.path, got, answer, test.want)
			}
		}
		for org, want := range map[string]int{"mayfly-ci": 200, "stranger": 404} {
			if got, _, _ := w.call("GET", "/orgs/"+org+"/installation", w.appJWT(nil), ""); got != want {
				t.Errorf("installation of %s: got %d, want %d", org, got, want)
			}
		}
	})
}
