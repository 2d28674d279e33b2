package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ask asks the plugin as Docker does.
func ask(t *testing.T, plugin http.Handler, path string, question any) (status int, reply string) {
	t.Helper()
	body, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	plugin.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
	return recorder.Code, strings.TrimSpace(recorder.Body.String())
}

type question struct {
	RequestMethod string
	RequestURI    string `json:"RequestUri"`
	RequestBody   []byte `json:",omitempty"`
	ResponseBody  []byte `json:",omitempty"`
}

func TestThePluginSpeaksDockersProtocol(t *testing.T) {
	plugin := NewPlugin(policy(t, Policy{}), slog.New(slog.DiscardHandler))
	for _, test := range []struct {
		path     string
		question any
		want     string
	}{
		{"/Plugin.Activate", nil, `{"Implements":["authz"]}`},
		{"/AuthZPlugin.AuthZReq", question{RequestMethod: "GET", RequestURI: "/_ping"}, `{"Allow":true}`},
		{"/AuthZPlugin.AuthZReq", question{RequestMethod: "POST", RequestURI: "/v1.41/containers/create", RequestBody: []byte(`{"Image":"x"}`)}, `{"Allow":true}`},
		{"/AuthZPlugin.AuthZReq", question{RequestMethod: "POST", RequestURI: "/containers/x/exec", RequestBody: []byte(`{"Privileged":true}`)},
			`{"Allow":false,"Msg":"rule privileged: Privileged is set: leave out --privileged"}`},
		{"/AuthZPlugin.AuthZReq", "what?", `{"Allow":false,"Err":"mayfly: the question cannot be read"}`},
		{"/AuthZPlugin.AuthZReq", question{RequestBody: make([]byte, 3<<20)}, `{"Allow":false,"Err":"mayfly: the question cannot be read"}`},
		{"/AuthZPlugin.AuthZRes", question{ResponseBody: make([]byte, 64<<10)}, `{"Allow":true}`},
	} {
		status, got := ask(t, plugin, test.path, test.question)
		if diff := cmp.Diff(test.want, got); diff != "" || status != http.StatusOK {
			t.Errorf("%s: status %d, want - got +:\n%s", test.path, status, diff)
		}
	}
	if status, _ := ask(t, plugin, "/VolumeDriver.Create", nil); status != http.StatusNotFound {
		t.Errorf("another protocol: got %d, want 404", status)
	}
}

func TestTheLogTellsOfEachRuleOnce(t *testing.T) {
	var log bytes.Buffer
	plugin := NewPlugin(policy(t, Policy{}), slog.New(slog.NewTextHandler(&log, nil)))
	for range 100 {
		ask(t, plugin, "/AuthZPlugin.AuthZReq", question{RequestMethod: "POST", RequestURI: "/build"})
		ask(t, plugin, "/AuthZPlugin.AuthZReq", question{RequestMethod: "POST", RequestURI: "/swarm/init"})
	}
	if got, want := strings.Count(log.String(), "\n"), 2; got != want {
		t.Errorf("got %d lines, want %d:\n%s", got, want, &log)
	}
}

func TestTheSocketIsForOneUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugins", "mayfly.sock")
	plugin := NewPlugin(policy(t, Policy{}), slog.New(slog.DiscardHandler))
	for range 2 { // the second one finds the socket of one that was killed
		server, err := Serve(t.Context(), path, plugin)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("got mode %v, %v, want 0600", info.Mode(), err)
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}}}
		response, err := client.Post("http://plugin/Plugin.Activate", "", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(got), "authz") {
			t.Errorf("got %s, %v, want authz", got, err)
		}
		response.Body.Close()
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		stale.SetUnlinkOnClose(false)
		stale.Close()
	}
}

func TestASocketWhereOthersMayWriteIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(directory string) error
		want  string
	}{
		"open directory": {func(directory string) error { return os.Chmod(directory, 0o777) }, "nobody else may write to"},
		"link": {func(directory string) error {
			return os.Rename(directory, directory+".real")
		}, "nobody else may write to"},
		"a file in its place": {func(directory string) error {
			return os.WriteFile(filepath.Join(directory, "mayfly.sock"), nil, 0o600)
		}, "it is no socket"},
	} {
		directory := filepath.Join(t.TempDir(), "plugins")
		if err := os.Mkdir(directory, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := test.spoil(directory); err != nil {
			t.Fatal(err)
		}
		if name == "link" {
			if err := os.Symlink(directory+".real", directory); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Serve(t.Context(), filepath.Join(directory, "mayfly.sock"), http.NotFoundHandler())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestTheDaemonsConfigIsJSONAndAsksThePlugin(t *testing.T) {
	var config map[string]any
	if err := json.Unmarshal([]byte(DaemonConfig), &config); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"authorization-plugins": []any{strings.TrimSuffix(filepath.Base(Socket), ".sock")},
		"no-new-privileges":     true, "icc": false,
		"builder": map[string]any{"entitlements": map[string]any{"network-host": false, "security-insecure": false}},
	}
	if diff := cmp.Diff(want, config); diff != "" {
		t.Errorf("daemon.json, want - got +:\n%s", diff)
	}
}
