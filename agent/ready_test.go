package agent_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/agent/docker"
	"github.com/mayfly-ci/mayfly/agent/door"
	"github.com/mayfly-ci/mayfly/agent/prepare/machine"
	"github.com/mayfly-ci/mayfly/agent/run"
	"github.com/mayfly-ci/mayfly/pkg/assignment"
	"github.com/mayfly-ci/mayfly/pkg/runner"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// ordered is user data with something changed.
func ordered(t *testing.T, change func(*assignment.UserData)) []byte {
	t.Helper()
	changed := orders
	change(&changed)
	body, err := assignment.EncodeUserData(changed)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func hardened(u *assignment.UserData) { u.Profile = assignment.Hardened }

func TestWhateverCannotBeMadeReadyThereIsNoJob(t *testing.T) {
	for what, want := range map[string]string{
		"machine": "prepare the machine: no", "cgroup": "a cgroup for the runner: no", "ssh": "ssh: no",
		"docker": "prepare: no", "door": "the metadata's door: no", "listeners": "prepare: no",
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, ordered(t, hardened))
				w.assign(t)
				w.made.broken = map[string]error{what: errors.New("no")}
				w.mustFail(t, want)
				w.mustEndUnstarted(t)
				if got := w.lastReport(t).Problem; !strings.Contains(got, want) {
					t.Errorf("the last report: got %q, want that it tells %q", got, want)
				}
			})
		})
	}
}

// A machine takes as long as its disks do, an assignment as long as GitHub does.
func TestTheMachineIsPreparedWhileTheAssignmentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.made.slow = 30 * time.Second
		time.AfterFunc(30*time.Second, func() { w.assign(t) })
		began := time.Now()
		w.start = func(context.Context, run.Command) (int, error) {
			if took := time.Since(began); took > 35*time.Second {
				t.Errorf("the runner started after %v, want that neither waits for the other", took)
			}
			return 0, nil
		}
		w.mustFail(t, "before it took a job")
	})
}

func TestAMachineThatCannotBePreparedWaitsForNoAssignment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.made.slow, w.made.broken = time.Second, map[string]error{"machine": errors.New("no")}
		began := time.Now()
		w.mustFail(t, "prepare the machine: no")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it ended after %v, want at once", took)
		}
	})
}

func TestWhatIsMadeOfTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, hardened))
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		want := machine.Config{
			Profile: machine.Hardened, Runner: "runner", Work: "/opt/runner/_work",
			Places: []machine.Place{
				{Path: "/home/runner", Keep: true}, {Path: "/tmp"}, {Path: "/var/tmp"}, {Path: "/var/lib/docker"}, {Path: "/var/lib/containerd"},
				{Path: "/opt/runner", Keep: true},
			},
		}
		if diff := cmp.Diff(want, w.made.wanted); diff != "" {
			t.Errorf("the machine (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(run.Bounds{PIDs: 99, Memory: 1 << 30}, w.made.bounds); diff != "" {
			t.Errorf("the cgroup's bounds (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&run.User{UID: 1001, GID: 1001, Groups: []uint32{1001}}, w.command.User); diff != "" {
			t.Errorf("the runner's user (-want +got):\n%s", diff)
		}
		if got := w.made.door; got.Mode != door.Agent || got.Runner != 1001 || got.Instance != w.Instance || got.Region != "us-east-1" || got.Credentials == nil {
			t.Errorf("the door: got %+v, want it shut to uid 1001 of %s", got, w.Instance)
		}
		if !strings.Contains(w.log.String(), `"skipped":"there is no room"`) || !strings.Contains(w.log.String(), `"packets":3`) {
			t.Errorf("the log tells neither what was skipped nor who tried the door:\n%s", &w.log)
		}
	})
}

func TestARunnerInItsUsersHomeHasOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, func(u *assignment.UserData) {
			u.RunnerCommand, u.Door = []string{"/home/runner/actions/run.sh"}, assignment.DoorOpen
		}))
		w.file(t, "/home/runner/actions/run.sh", "#!/bin/sh")
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got, want := len(w.made.wanted.Places), 5; got != want {
			t.Errorf("got places %v, want %d: what is in the home is there already", w.made.wanted.Places, want)
		}
		if got, want := w.made.door.Mode, door.Open; got != want {
			t.Errorf("the door: got %q, want %q", got, want)
		}
		if got, want := w.command.User.Umask, 0o022; got != want {
			t.Errorf("the umask in compat: got %#o, want %#o", got, want)
		}
	})
}

func TestDockerIsJudgedInHardened(t *testing.T) {
	ask := func(w *world, body string) string {
		answer := httptest.NewRecorder()
		w.made.docker.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/AuthZPlugin.AuthZReq", strings.NewReader(body)))
		return answer.Body.String()
	}
	const version = `{"RequestMethod":"GET","RequestUri":"/v1.45/version"}`
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, hardened))
		w.made.user.Groups = []string{"runner", docker.Group}
		w.file(t, docker.DaemonFile, docker.DaemonConfig)
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil {
			t.Fatal(err)
		}
		if got := ask(w, version); !strings.Contains(got, `"Allow":true`) {
			t.Errorf("docker version: got %s, want that it is allowed", got)
		}
		if got := ask(w, `{"RequestMethod":"POST","RequestUri":"/v1.45/build"}`); !strings.Contains(got, `"Allow":false`) {
			t.Errorf("docker build: got %s, want that it is refused", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, func(u *assignment.UserData) {
			u.Profile, u.Docker = assignment.Hardened, assignment.Docker{Builds: true, Images: []string{"ghcr.io/octo/*"}, MaxPIDs: -1}
		}))
		w.assign(t)
		w.mustFail(t, "user data: docker: ")
		w.mustEndUnstarted(t)
		for _, problem := range []string{"builds and images", "a limit is negative"} {
			if got := w.lastReport(t).Problem; !strings.Contains(got, problem) {
				t.Errorf("the last report: got %q, want that it tells of %s", got, problem)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, ordered(t, hardened))
		w.made.user.Groups = []string{docker.Group}
		w.file(t, docker.DaemonFile, `{"authorization-plugins": ["another"]}`)
		w.assign(t)
		w.mustFail(t, docker.DaemonFile+`: authorization-plugins is ["another"]`)
		w.mustEndUnstarted(t)
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, userData(t))
		w.made.user.Groups = []string{docker.Group}
		w.assign(t)
		if err := w.live(t.Context(), t); err != nil || w.made.docker != nil {
			t.Errorf("compat: got %v, and whether Docker is judged: %t, want neither", err, w.made.docker != nil)
		}
	})
}

func TestWhoIsLetIn(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1heWZseSBNYXlmbHkgTWF5Zmx5IE1heWZseSBN someone"
	for name, test := range map[string]struct {
		stack bool
		keys  []string
		want  bool
	}{
		"the stack and the job": {true, []string{key}, true},
		"the stack alone":       {true, nil, false},
		"the job alone":         {false, []string{key}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, ordered(t, func(u *assignment.UserData) { u.SSH = test.stack }))
				task := assignment.Assignment{
					Instance: w.Instance, RunnerName: runner.Name("ci", w.Instance, 1), JITConfig: secret.New(canary),
					MaxRuntime: time.Hour, MaxIdle: time.Minute, SSHKeys: test.keys,
				}
				if len(test.keys) > 0 {
					task.SSHBy = "the stack ci"
				}
				body, err := assignment.Encode(task)
				if err != nil {
					t.Fatal(err)
				}
				w.put(t, body)
				if err := w.live(t.Context(), t); err != nil {
					t.Fatal(err)
				}
				if got := w.made.access; got.Allowed != test.want || got.By != task.SSHBy || w.made.ssh != test.want {
					t.Errorf("got %+v, and port 22 may listen: %t; want %t", got, w.made.ssh, test.want)
				}
			})
		})
	}
}
