package assignment_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// stock is a machine on which the script runs in the real bash, with the real curl. Its metadata and
// its bucket are on this machine.
type stock struct {
	cloud
	dir    string // holds the programs that stand before the real ones, the log and opt
	script []byte
	waits  string // what curl waits for an answer, in seconds
}

const agent = "#!/bin/sh\necho agent \"$@\" >> \"$LOG\"\n"

// newStock is a machine with no agent, on which everything is as it should be.
func newStock(t *testing.T) *stock {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s, which the script is run with: make scripts tells how to get it", tool)
		}
	}
	s := &stock{dir: t.TempDir(), waits: "5"}
	s.agent = agent
	s.open(t)
	told := userData
	told.S3Endpoint = s.s3
	sum := sha256.Sum256([]byte(agent))
	told.Agent = assignment.Digests{AMD64: hex.EncodeToString(sum[:])}
	s.tell(t, told)
	return s
}

// tell gives the machine this user data.
func (s *stock) tell(t *testing.T, told assignment.UserData) {
	t.Helper()
	s.script = bytes.ReplaceAll(scripted(t, told), []byte("/opt/mayfly"), []byte(s.dir+"/opt"))
}

func (s *stock) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// run runs the script, and gives what was done on the machine, in order, and what the script said.
func (s *stock) run(t *testing.T) (done []string, said string) {
	t.Helper()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	connect := " --connect-to 169.254.169.254:80:" + strings.TrimPrefix(s.imds, "http://") +
		" --connect-to s3.eu-west-1.amazonaws.com:443:" + strings.TrimPrefix(s.tls, "https://") + " --insecure"
	s.write(t, "bin/curl", "#!/bin/sh\nexec "+curl+` "$@" --max-time `+s.waits+connect+"\n")
	s.write(t, "bin/sleep", "#!/bin/sh\necho sleep $1 >> $LOG\n")
	s.write(t, "bin/uname", "#!/bin/sh\necho x86_64\n")
	s.write(t, "bin/systemctl", "#!/bin/sh\necho systemctl \"$@\" >> $LOG\ntest \"$1\" != cat\n")
	s.write(t, "part-001", string(s.script))
	var output bytes.Buffer
	command := exec.CommandContext(t.Context(), filepath.Join(s.dir, "part-001"))
	command.Env = []string{"PATH=" + s.dir + "/bin:" + os.Getenv("PATH"), "LOG=" + s.dir + "/log", "http_proxy=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1"}
	command.Stdout, command.Stderr = &output, &output
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatalf("nothing was done: %v\n%s", err, &output)
	}
	return strings.Split(strings.TrimSpace(string(log)), "\n"), output.String()
}

var started = []string{
	"systemctl cat mayfly-agent.service", "agent install", "systemctl daemon-reload",
	"systemctl start --no-block mayfly-watchdog.timer mayfly-deadline.path mayfly-agent.service",
}

func TestScriptStartsTheAgentThatIsInTheImage(t *testing.T) {
	s := newStock(t)
	s.write(t, "opt/agent", agent)
	done, said := s.run(t)
	if diff := cmp.Diff(started, done); diff != "" {
		t.Errorf("what was done (-want +got):\n%s%s", diff, said)
	}
	if asked := s.asked(); len(asked) != 0 {
		t.Errorf("asked for %q, want nothing", asked)
	}
}

func TestScriptFetchesTheAgentFromTheBucket(t *testing.T) {
	for name, change := range map[string]func(*stock){
		"at an endpoint": func(*stock) {},
		"on AWS":         func(s *stock) { s.script = bytes.Replace(s.script, []byte(s.s3), nil, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStock(t)
			change(s)
			done, said := s.run(t)
			if diff := cmp.Diff(started, done); diff != "" {
				t.Errorf("what was done (-want +got):\n%s%s", diff, said)
			}
			if got, want := len(s.asked()), 6; got != want {
				t.Errorf("asked for %q, want %d things", s.asked(), want)
			}
		})
	}
}

func TestScriptWaitsForARoleThatComesLate(t *testing.T) {
	s := newStock(t)
	s.fault("/latest/meta-data/iam/security-credentials/", 2, http.NotFound)
	done, said := s.run(t)
	if diff := cmp.Diff(append([]string{"sleep 1", "sleep 2"}, started...), done); diff != "" {
		t.Errorf("what was done (-want +got):\n%s%s", diff, said)
	}
}

func TestScriptPowersOffWhateverGoesWrong(t *testing.T) {
	waits := []string{"sleep 1", "sleep 2", "sleep 3", "sleep 4", "sleep 5"}
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	forbid := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	const region, credentials = "/latest/meta-data/placement/region", "/latest/meta-data/iam/security-credentials/"
	for name, test := range map[string]struct {
		path  string
		fault http.HandlerFunc
		waits []string
		said  string
	}{
		"the metadata hangs":      {"/latest/api/token", hang, waits, "failed to read the instance metadata"},
		"no metadata version 2":   {"/latest/api/token", http.NotFound, waits, "failed to read the instance metadata"},
		"a token of two lines":    {"/latest/api/token", answer("a\nb"), nil, "failed to read the instance metadata"},
		"metadata that redirects": {region, http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, nil, "failed to read the instance metadata"},
		"a region of two lines":   {region, answer("eu-west-1\n.evil.example"), nil, "failed to read the instance metadata"},
		"huge metadata":           {region, answer(strings.Repeat("x", 1<<20)), waits, "failed to read the instance metadata"},
		"no role":                 {credentials, http.NotFound, waits, "failed to read the instance metadata"},
		"keys that are none":      {credentials + "mayfly-runner", answer("{}"), waits, "failed to fetch agents/"},
		"S3 refuses":              {"/control/", forbid, waits, "failed to fetch agents/"},
		"S3 redirects":            {"/control/", http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP, nil, "its SHA-256 is not"},
		"another agent":           {"/control/", answer(agent + "#"), nil, "its SHA-256 is not"},
		"a part of the agent":     {"/control/", answer(agent[:9]), nil, "its SHA-256 is not"},
		"S3 hangs":                {"/control/", hang, waits, "failed to fetch agents/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStock(t)
			if strings.HasSuffix(name, "hangs") {
				s.waits = "0.2"
			}
			s.fault(test.path, 99, test.fault)
			s.mustPowerOff(t, test.waits, test.said)
		})
	}
}

func TestScriptPowersOffWithoutADigestOrInstallation(t *testing.T) {
	s := newStock(t)
	told := userData
	told.Agent = assignment.Digests{ARM64: digest}
	s.tell(t, told)
	s.mustPowerOff(t, nil, "failed to find the SHA-256 of its agent")

	s = newStock(t)
	s.write(t, "opt/agent", "#!/bin/sh\nexit 1\n")
	s.mustPowerOff(t, []string{"systemctl cat mayfly-agent.service"}, "failed to install and start the agent")
}

// mustPowerOff runs the script, and wants that it waits, says why, powers off, and starts nothing.
func (s *stock) mustPowerOff(t *testing.T, before []string, why string) {
	t.Helper()
	done, said := s.run(t)
	want := append(before[:len(before):len(before)], "systemctl poweroff", "sleep 30", "systemctl poweroff --force --force")
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("what was done (-want +got):\n%s", diff)
	}
	if !strings.Contains(said, why) {
		t.Errorf("got it to say\n%swant %q in it", said, why)
	}
}
