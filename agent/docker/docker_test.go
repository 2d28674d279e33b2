//go:build docker

package docker_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/agent/docker"
)

// engine is a Docker of the test's own, which asks our plugin.
type engine struct {
	dir, work string
	plugin    *http.Server
}

// place is where a Docker may be started.
func place(t *testing.T) *engine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("Docker's daemon needs root: run this test as root")
	}
	for _, tool := range []string{"dockerd", "docker"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: apt-get install docker.io", tool)
		}
	}
	dir, err := os.MkdirTemp("", "mf") //nolint:usetesting // the path of a socket is short, and a test's directory is not
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &engine{dir: dir, work: filepath.Join(dir, "work")}
}

// start starts a Docker that asks the plugin.
func start(t *testing.T) *engine {
	t.Helper()
	e := place(t)
	if err := os.Mkdir(e.work, 0o700); err != nil {
		t.Fatal(err)
	}
	policy, err := docker.NewPolicy(docker.Policy{Mounts: []string{e.work}})
	if err != nil {
		t.Fatal(err)
	}
	e.plugin, err = docker.Serve(t.Context(), docker.Socket, docker.NewPlugin(policy, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.plugin.Close() })
	e.daemon(t, "icc")
	return e
}

// daemon starts dockerd as [docker.DaemonConfig] has it, but for some of it: icc, for one, wants iptables,
// and here it does without a network.
func (e *engine) daemon(t *testing.T, without ...string) {
	t.Helper()
	var config map[string]any
	if err := json.Unmarshal([]byte(docker.DaemonConfig), &config); err != nil {
		t.Fatal(err)
	}
	for _, setting := range without {
		delete(config, setting)
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(e.dir, "daemon.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	process := exec.Command("dockerd", "--config-file", file, "--data-root", e.dir+"/data", "--exec-root", e.dir+"/exec",
		"--pidfile", e.dir+"/pid", "-H", "unix://"+e.dir+"/sock", "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs")
	output, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, process) })
	deadline := time.AfterFunc(time.Minute, func() { process.Process.Kill() })
	defer deadline.Stop()
	var said strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "API listen on") {
			go io.Copy(io.Discard, output)
			return
		}
	}
	t.Fatalf("dockerd does not listen; it said:\n%s", &said)
}

// stop ends the daemon, which ends its containers first.
func stop(t *testing.T, process *exec.Cmd) {
	t.Helper()
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("dockerd ended by itself: %v", err)
	}
	killer := time.AfterFunc(30*time.Second, func() { process.Process.Kill() })
	defer killer.Stop()
	process.Wait()
}

// run is the client, with what it prints.
func (e *engine) run(t *testing.T, input io.Reader, args ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "docker", args...)
	command.Env = append(os.Environ(), "DOCKER_HOST=unix://"+e.dir+"/sock", "DOCKER_BUILDKIT=0")
	command.Stdin = input
	text, err := command.CombinedOutput()
	return string(text), err
}

// load makes the image inside:1, of one program.
func (e *engine) load(t *testing.T) {
	t.Helper()
	root := filepath.Join(e.dir, "root")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(root, "inside"), "./testdata/inside")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	pack := exec.CommandContext(t.Context(), "tar", "-C", root, "-c", ".")
	layer, err := pack.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := pack.Start(); err != nil {
		t.Fatal(err)
	}
	if text, err := e.run(t, layer, "import", "-", "inside:1"); err != nil {
		t.Fatalf("import: %v\n%s", err, text)
	}
	if err := pack.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestARealDockerAsksAndObeys(t *testing.T) {
	e := start(t)
	e.load(t)

	create := []string{"create", "--name", "made", "--network", "none", "-v", e.work + ":/work", "inside:1", "/inside"}
	for _, args := range [][]string{
		{"version"}, {"info"}, create, {"start", "-a", "made"}, {"inspect", "made"}, {"volume", "create", "cache"},
		{"run", "--rm", "--network", "none", "--mount", "type=volume,src=cache,dst=/c", "--tmpfs", "/t", "-m", "64m", "inside:1", "/inside"},
		{"ps", "-a"}, {"images"}, {"rm", "made"}, {"system", "df"},
	} {
		if text, err := e.run(t, nil, args...); err != nil {
			t.Errorf("docker %s: got %v, want it allowed\n%s", strings.Join(args, " "), err, text)
		}
	}
	text, err := e.run(t, nil, "run", "--rm", "--network", "none", "inside:1", "/inside")
	if err != nil || !strings.Contains(text, "NoNewPrivs:\t1") {
		t.Errorf("inside a container that asks for nothing: got %q, %v, want no new privileges", text, err)
	}

	inside := func(flags ...string) []string {
		return append(append([]string{"run", "--rm", "--network", "none"}, flags...), "inside:1", "/inside")
	}
	for _, test := range []struct {
		rule string
		args []string
	}{
		{"privileged", inside("--privileged")},
		{"capabilities", inside("--cap-add", "SYS_ADMIN")},
		{"security-opt", inside("--security-opt", "seccomp=unconfined")},
		{"security-opt", inside("--security-opt", "no-new-privileges=false")},
		{"unmasked-paths", inside("--security-opt", "systempaths=unconfined")},
		{"host-namespaces", inside("--pid", "host")},
		{"host-namespaces", inside("--ipc", "host")},
		{"host-namespaces", inside("--uts", "host")},
		{"host-namespaces", inside("--userns", "host")},
		{"host-namespaces", inside("--cgroupns", "host")},
		{"host-namespaces", []string{"run", "--rm", "--network", "host", "inside:1", "/inside"}},
		{"devices", inside("--device", "/dev/null:/dev/x")},
		{"sysctls", inside("--sysctl", "net.ipv4.ip_forward=1")},
		{"cgroup-parent", inside("--cgroup-parent", "/")},
		{"mounts", inside("-v", "/:/host")},
		{"mounts", inside("-v", "/etc:/etc2:ro")},
		{"mounts", inside("-v", e.work+"/../:/up")},
		{"mounts", inside("--mount", "type=bind,src=/var/run,dst=/x")},
		{"mounts", inside("-v", "/var/run/docker.sock:/var/run/docker.sock")},
		{"volume-options", []string{"volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=/", "host"}},
		{"network-driver", []string{"network", "create", "-d", "macvlan", "lan"}},
		{"subnets", []string{"network", "create", "--subnet", "169.254.169.0/24", "metadata"}},
		{"build", []string{"build", "--network", "host", "-"}},
		{"plugins", []string{"plugin", "disable", "mayfly"}},
		{"swarm", []string{"swarm", "init"}},
	} {
		text, err := e.run(t, strings.NewReader("FROM inside:1\n"), test.args...)
		if err == nil || !strings.Contains(text, "denied by plugin mayfly: rule "+test.rule+":") {
			t.Errorf("docker %s: got %v, want it refused by rule %s\n%s", strings.Join(test.args, " "), err, test.rule, text)
		}
	}

	if err := e.plugin.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := e.run(t, nil, "ps"); err == nil {
		t.Errorf("without its plugin Docker still answers:\n%s", text)
	}
}

// TestWhatDockerDoesNotShowIsRefused sends what no client would.
func TestWhatDockerDoesNotShowIsRefused(t *testing.T) {
	e := start(t)
	const privileged = `{"Image":"inside:1","HostConfig":{"Privileged":true}}`
	const form = "networkmode=host&remote=http://127.0.0.1:1/"
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(privileged), privileged)
	padded := `{"Image":"` + strings.Repeat("x", 1<<20) + `",` + privileged[1:]
	const noLength = -1
	for name, test := range map[string]struct {
		path, headers, body string
		length              int
		rule                string
	}{
		"chunked":              {"/v1.41/containers/create", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunked, noLength, ""},
		"longer than 1 MiB":    {"/v1.41/containers/create", "Content-Type: application/json\r\n", padded, len(padded), "unreadable"},
		"another content type": {"/v1.41/containers/create", "Content-Type: application/x-json\r\n", privileged, len(privileged), "unreadable"},
		"two content types":    {"/v1.41/containers/create", "Content-Type: application/x-json\r\nContent-Type: application/json\r\n", privileged, len(privileged), "unreadable"},
		"looks like auth":      {"/containers/create?name=/auth", "Content-Type: application/json\r\n", privileged, len(privileged), ""},
		"encoded":              {"/%63ontainers/%63reate", "Content-Type: application/json\r\n", privileged, len(privileged), "privileged"},
		"an old version":       {"/v1.23/containers/x/start", "Content-Type: application/json\r\n", privileged, len(privileged), "api-version"},
		"a form for the builder": {"/v1.41/build", "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: application/x-tar\r\n",
			form, len(form), "build"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("unix", e.dir+"/sock")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			head := "POST " + test.path + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n" + test.headers
			if test.length != noLength {
				head += fmt.Sprintf("Content-Length: %d\r\n", test.length)
			}
			go io.WriteString(conn, head+"\r\n"+test.body)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != http.StatusForbidden || !strings.Contains(string(text), "denied by plugin mayfly: rule "+test.rule) {
				t.Errorf("got %s: %s, want 403 by rule %s", response.Status, text, test.rule)
			}
		})
	}
}

// TestTheBuilderRefusesItselfWhatNobodyIsShown is why a policy may allow builds.
func TestTheBuilderRefusesItselfWhatNobodyIsShown(t *testing.T) {
	e := place(t)
	e.daemon(t, "icc", "authorization-plugins")
	e.load(t)
	var files bytes.Buffer
	archive := tar.NewWriter(&files)
	const dockerfile = "FROM inside:1\nRUN [\"/inside\"]\n"
	if err := archive.WriteHeader(&tar.Header{Name: "Dockerfile", Mode: 0o600, Size: int64(len(dockerfile))}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(archive, dockerfile); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", e.dir+"/sock")
	}}}
	for network, want := range map[string]string{
		"host": "network.host is not allowed", "none": "moby.image.id",
	} {
		response, err := client.Post("http://docker/v1.41/build?version=2&networkmode="+network, "application/x-tar", bytes.NewReader(files.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("BuildKit with the network %s: got %s %.500s, %v, want %q", network, response.Status, text, err, want)
		}
	}
}
