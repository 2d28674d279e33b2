package main_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAStepIsBelowItsRunnerAndItsAgent(t *testing.T) {
	ancestry := `pid=$PPID
until tr '\0' ' ' < /proc/$pid/cmdline | grep -q ' demo '; do
  tr '\0' ' ' < /proc/$pid/cmdline; echo
  pid=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$pid/status)
done`
	_, stdout, _, _ := mayfly(t, "demo", "--jobs", "2", "--step", ancestry)
	agent := filepath.Join(filepath.Dir(program), "agent")
	want := "  " + program + " runner \n  " + agent + " \n  " + program + " machine " + agent + " \n"
	if !strings.Contains(stdout, want) {
		t.Errorf("got\n%s\nwant the ancestry\n%s", stdout, want)
	}
}

// The step is a child of its runner, so it can read what its runner was started with: the JIT
// config, which is used up by then. It is a canary that must be nowhere else.
func TestNoJITConfigIsInAnyOutputOrLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "canary")
	steal := `tr '\0' '\n' < /proc/$PPID/environ | sed -n 's/^ACTIONS_RUNNER_INPUT_JITCONFIG=//p' > ` + file + `; exit 1`
	code, stdout, stderr, temp := mayfly(t, "demo", "--step", steal)
	if code != 1 {
		t.Fatalf("got exit code %d, want 1, so that the logs are kept", code)
	}
	canaries := canariesOf(t, file)
	logs := 0
	err := filepath.WalkDir(temp, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		logs++
		text, err := os.ReadFile(path)
		check(t, path, text, canaries)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := 9; logs != want {
		t.Errorf("got %d logs, want %d: the demo's and each machine's", logs, want)
	}
	if !strings.Contains(stdout, "What each machine printed is in "+temp) {
		t.Errorf("got\n%s\nwant it to name the logs in %s", stdout, temp)
	}
	check(t, "stdout", []byte(stdout), canaries)
	check(t, "stderr", []byte(stderr), canaries)
}

// canariesOf is a JIT config as it is, and the secret within.
func canariesOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config := strings.TrimSpace(string(text))
	body, err := base64.StdEncoding.DecodeString(config)
	if err != nil {
		t.Fatal(err)
	}
	var within struct {
		Secret string `json:"secret"`
	}
	if err := json.Unmarshal(body, &within); err != nil || within.Secret == "" {
		t.Fatalf("got no secret within the JIT config (%v), want one", err)
	}
	return []string{config, within.Secret}
}

func check(t *testing.T, where string, text []byte, canaries []string) {
	t.Helper()
	for _, canary := range canaries {
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s has a JIT config or its secret in it", where)
		}
	}
}

// endless is a step that leaves daemons and runs for ever. All of it holds a named pipe, whose end
// of file comes when the last of them has died.
func endless(t *testing.T) (step, pipe string) {
	t.Helper()
	pipe = filepath.Join(t.TempDir(), "tether")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return "exec 9> " + pipe + `
(setsid sh -c '(sleep 1000 &) ; sleep 1000' > /dev/null 2>&1 &)
echo ready >&9
sleep 1000`, pipe
}

func TestASignalLeavesNoProcessBehind(t *testing.T) {
	for what, test := range map[string]struct {
		signal syscall.Signal
		code   int
	}{
		"Ctrl-C":  {syscall.SIGINT, 130},
		"SIGHUP":  {syscall.SIGHUP, 130}, // the terminal was closed
		"SIGTERM": {syscall.SIGTERM, 130},
		"SIGKILL": {syscall.SIGKILL, -1},
	} {
		t.Run(what, func(t *testing.T) {
			step, pipe := endless(t)
			process, _, errs, temp := command(t, "demo", "--step", step)
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			tether, err := os.Open(pipe) // waits for the step
			if err != nil {
				t.Fatal(err)
			}
			defer tether.Close()
			said := bufio.NewReader(tether)
			if line, err := said.ReadString('\n'); line != "ready\n" {
				t.Fatalf("the step said %q (%v), want ready", line, err)
			}
			if err := process.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			_ = process.Wait() // its exit code is looked at below
			if _, err := io.Copy(io.Discard, said); err != nil {
				t.Fatal(err)
			}
			if got := process.ProcessState.ExitCode(); got != test.code {
				t.Errorf("got exit code %d, want %d", got, test.code)
			}
			if test.signal == syscall.SIGKILL {
				return // nobody was left to say anything, or to tidy up
			}
			if left := processesOf(t, temp); len(left) > 0 {
				t.Errorf("got the processes %v left, want none", left)
			}
			if got := errs.String(); !strings.Contains(got, "Interrupted: ") || !strings.Contains(got, " of 8 jobs not completed") {
				t.Errorf("got %q, want what was left undone", got)
			}
			empty(t, temp)
		})
	}
}

// processesOf lists what runs with a directory somewhere in its environment: every machine, agent,
// runner and step of the demo whose temporary directory that is.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, path := range environments {
		environment, err := os.ReadFile(path)
		if err == nil && bytes.Contains(environment, []byte(dir)) {
			found = append(found, path)
		}
	}
	return found
}

func TestAFullDiskIsSaidInOneLine(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	process, _, stderr, temp := command(t, "demo", "--jobs", "1")
	process.Stdout = full
	_ = process.Run()
	if code, said := process.ProcessState.ExitCode(), stderr.String(); code != 1 || !strings.Contains(said, "no space left on device") || strings.Count(said, "\n") != 1 {
		t.Errorf("got exit code %d and %q, want 1 and one line", code, said)
	}
	empty(t, temp)
}
