package standin

import (
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/mayfly-ci/mayfly/pkg/localhub"
)

// shell is how a shell of GitHub's runs a script: the command, in which {0} is the script's file; how
// the file's name ends; and what the script begins and ends with.
type shell struct{ command, extension, before, after string }

// shells are those with a name. Source: github.com/actions/runner,
// src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs.
var shells = map[string]shell{
	"bash":       {command: "bash --noprofile --norc -e -o pipefail {0}", extension: ".sh"},
	"sh":         {command: "sh -e {0}", extension: ".sh"},
	"python":     {command: "python {0}", extension: ".py"},
	"pwsh":       {command: `pwsh -command ". '{0}'"`, extension: ".ps1", before: stopAtErrors, after: lastExitCode},
	"powershell": {command: `powershell -command ". '{0}'"`, extension: ".ps1", before: stopAtErrors, after: lastExitCode},
	"cmd":        {command: `cmd /D /E:ON /V:OFF /S /C CALL {0}`, extension: ".cmd", before: "@echo off\n"},
	"":           {command: "bash -e {0}", extension: ".sh"},
}

// What makes PowerShell end as other shells do.
const (
	stopAtErrors = "$ErrorActionPreference = 'stop'\n"
	lastExitCode = "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
)

// script is a step's script, with the command that runs it.
type script struct {
	file, text string
	program    string
	args       []string
}

// newScript is a step's, to be written to a file whose name begins as given.
func newScript(step localhub.Step, file string) (script, error) {
	by, named := shells[step.Shell]
	if !named {
		by.command = step.Shell
	}
	words, err := shellwords.Parse(by.command)
	if err == nil && len(words) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return script{}, fmt.Errorf("shell %q is no command (%w): give a name, such as bash, or a command with {0} for the script", step.Shell, err)
	}
	program, err := exec.LookPath(words[0])
	if err != nil && step.Shell == "" {
		step.Shell = "sh" // as GitHub's runner does where there is no bash
		return newScript(step, file)
	}
	if err != nil {
		return script{}, fmt.Errorf("shell %q: there is no %s on this machine: install it, or name another shell", cmp.Or(step.Shell, "bash"), words[0])
	}
	s := script{file: file + by.extension, text: by.before + step.Run + by.after + "\n", program: program}
	for _, word := range words[1:] {
		s.args = append(s.args, strings.ReplaceAll(word, "{0}", s.file))
	}
	return s, nil
}
